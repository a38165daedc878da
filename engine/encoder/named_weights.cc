#include "engine/encoder/named_weights.h"

namespace semblance::encoder {
namespace {

std::string ShapeText(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

}  // namespace

const TensorView& NamedWeights::View(const std::string& name,
                                     const std::vector<int64_t>& shape) const {
  const TensorView* found = tensors_.Find(name);
  if (found == nullptr) throw Error(ErrorKind::kMissing, "the weights lack " + name);
  if (found->shape != shape) {
    throw Error(ErrorKind::kCorruption, "the weights have " + name + " with the shape " +
                                            ShapeText(found->shape) + ", config.json asks for " +
                                            ShapeText(shape));
  }
  return *found;
}

std::vector<float> NamedWeights::Floats(const std::string& name,
                                        const std::vector<int64_t>& shape) const {
  return View(name, shape).ToFloats();
}

}  // namespace semblance::encoder
