// The tensors of a model by name (weight_names.h), each checked against the shape that the
// configuration asks for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/encoder/safetensors.h"

namespace semblance::encoder {

class NamedWeights {
 public:
  // `tensors` outlives this.
  explicit NamedWeights(const SafeTensors& tensors) : tensors_(tensors) {}

  bool permanent() const { return tensors_.permanent(); }
  bool Has(const std::string& name) const { return tensors_.Find(name) != nullptr; }
  // Throws kMissing when it is not there, kCorruption when its shape is not `shape`.
  const TensorView& View(const std::string& name, const std::vector<int64_t>& shape) const;
  std::vector<float> Floats(const std::string& name, const std::vector<int64_t>& shape) const;

 private:
  const SafeTensors& tensors_;
};

}  // namespace semblance::encoder
