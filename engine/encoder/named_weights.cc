#include "engine/encoder/named_weights.h"

namespace semblance::encoder {
namespace {

std::string ShapeText(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

// The name that checkpoints of old have for it, or the same.
std::string OldName(std::string name) {
  const auto replace = [&](const std::string& end, const char* old) {
    if (name.ends_with(end)) name.replace(name.size() - end.size(), end.size(), old);
  };
  replace("LayerNorm.weight", "LayerNorm.gamma");
  replace("LayerNorm.bias", "LayerNorm.beta");
  return name;
}

}  // namespace

const TensorView* NamedWeights::Find(const std::string& name) const {
  for (const std::string& spelling : {name, OldName(name)}) {
    for (const char* prefix : {"", "bert."}) {
      if (const TensorView* found = tensors_.Find(prefix + spelling)) return found;
    }
  }
  return nullptr;
}

const TensorView& NamedWeights::View(const std::string& name,
                                     const std::vector<int64_t>& shape) const {
  const TensorView* found = Find(name);
  if (found == nullptr) throw Error(ErrorKind::kMissing, "model.safetensors lacks " + name);
  if (found->shape != shape) {
    throw Error(ErrorKind::kCorruption, "model.safetensors: " + name + " has the shape " +
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
