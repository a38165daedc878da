// AdamW for the tensors of a network, wherever they are. Private to engine/training: LibTorch
// types.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/training/adamw.h"
#include "engine/training/device_internal.h"

namespace semblance::training {

// One parameter's. The same formula in both kinds of kernels (adamw.h).
class Optimiser {
 public:
  Optimiser(const at::Tensor& tensor, double weight_decay, Kernels kernels);

  // Moves `tensor` along its gradient.
  void Step(at::Tensor* tensor, double scale, double learning_rate);

  int64_t steps() const;
  std::vector<float> first() const;
  std::vector<float> second() const;
  // Both have the tensor's size.
  void Restore(int64_t steps, const std::vector<float>& first, const std::vector<float>& second);

 private:
  const double weight_decay_;
  std::optional<AdamW> own_;
  int64_t steps_ = 0;  // of the rest
  at::Tensor first_, second_;
};

}  // namespace semblance::training
