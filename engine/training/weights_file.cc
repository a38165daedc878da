#include "engine/training/weights_file.h"

#include <map>
#include <span>

#include "engine/encoder/safetensors.h"

namespace semblance::training {

bool DropsHead(const NetworkShape& shape) { return shape.pooler == "cls" && shape.mlp_only_train; }

std::string WeightsFile(const NetworkShape& shape, const Weights& weights,
                        const std::string& dtype) {
  std::map<std::string, encoder::TensorValues> tensors;
  for (const auto& [name, tensor] : weights) {
    if (DropsHead(shape) && name.starts_with("pooler.")) continue;
    tensors[name] = {tensor.shape, std::span<const float>(tensor.values)};
  }
  return encoder::WriteSafeTensors(tensors,
                                   dtype == "f16" ? encoder::DType::kF16 : encoder::DType::kF32);
}

}  // namespace semblance::training
