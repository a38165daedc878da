// Where the network is computed, and how: this is the only file pair that knows LibTorch's names
// for devices and for autocast, which changed between 1.13 and 2.x. Private to engine/training:
// LibTorch types.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/training/dropout.h"

namespace semblance::training {

// On the processor the loops of this project's own do what LibTorch is slow at, or what would
// depend on the number of threads there; elsewhere LibTorch's operations do the same.
enum class Kernels { kOwn, kLibTorch };

struct Place {
  at::Device device{at::kCPU};
  Kernels kernels = Kernels::kOwn;
  bool bfloat16 = false;  // products of matrices in the network
};

// Of option `device`: "auto" is the first GPU where there is one. Throws encoder::Error kOption
// where it is not to be had, saying why and what to write.
Place PlaceOf(const std::string& device);

// Matrix products are bfloat16 while this lives, where the place says so; sums, norms and softmax
// stay float32. It is meant for the forward pass: the backward pass takes the types it finds.
class Autocast {
 public:
  explicit Autocast(const Place& place);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  void Set(bool enabled) const;

  const Place& place_;
};

at::Tensor IndexTensor(const std::vector<int64_t>& values, const Place& place);
// The mask that DropoutStream::Fill makes, of the shape, type and device of `x`, and as far along
// the stream.
at::Tensor DropoutMask(const at::Tensor& x, const Place& place, DropoutStream* stream);
// Seconds, to measure by: of the processor's time where one thread computes, so that other work on
// the machine does not count, and else by the clock, with what the GPU was given done.
double MeasuringSeconds(const Place& place);
// To and from the processor's memory.
std::vector<float> ValuesOf(const at::Tensor& tensor);
void SetValues(const std::vector<float>& values, at::Tensor* tensor);

}  // namespace semblance::training
