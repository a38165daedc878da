#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <cstring>
#include <ctime>

#include "engine/encoder/error.h"
#include "engine/training/device_internal.h"

namespace semblance::training {
namespace {

[[noreturn]] void Fail(const std::string& device, const std::string& why) {
  throw encoder::Error(encoder::ErrorKind::kOption,
                       "training option \"device\" is \"" + device + "\", and " + why +
                           "; write \"device\":\"cpu\", or \"auto\" for a GPU where there is one");
}

Place Gpu(int64_t number) {
  return {at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(number)), Kernels::kLibTorch, true};
}

// x >> shift, with zeros coming in from the left.
at::Tensor ShiftRight(const at::Tensor& x, int64_t shift) {
  return at::bitwise_and(at::bitwise_right_shift(x, at::Scalar(shift)),
                         at::Scalar((int64_t{1} << (64 - shift)) - 1));
}

at::Scalar Signed(uint64_t value) { return at::Scalar(static_cast<int64_t>(value)); }

// Mix of random.h; products wrap.
at::Tensor Mixed(at::Tensor x) {
  x = x + Signed(0x9e3779b97f4a7c15ull);
  x = at::bitwise_xor(x, ShiftRight(x, 30)) * Signed(0xbf58476d1ce4e5b9ull);
  x = at::bitwise_xor(x, ShiftRight(x, 27)) * Signed(0x94d049bb133111ebull);
  return at::bitwise_xor(x, ShiftRight(x, 31));
}

}  // namespace

Place PlaceOf(const std::string& device) {
  if (device == "cpu") return {};
  const auto count = static_cast<int64_t>(torch::cuda::device_count());
  if (device == "auto") return count > 0 ? Gpu(0) : Place();
  if (!at::globalContext().hasCUDART()) {
    Fail(device, std::string("the LibTorch of this trainer (") + TORCH_VERSION + ") has no CUDA");
  }
  if (count == 0) Fail(device, "LibTorch finds no GPU here (nvidia-smi lists them)");
  const int64_t number = device == "cuda" ? 0 : std::stoll(device.substr(5));
  if (number >= count) {
    Fail(device, "this machine has " + std::to_string(count) +
                     " GPU(s), cuda:0 to cuda:" + std::to_string(count - 1));
  }
  return Gpu(number);
}

Autocast::Autocast(const Place& place) : place_(place) {
  if (!place_.bfloat16) return;
  at::autocast::increment_nesting();
  Set(true);
}

Autocast::~Autocast() {
  if (!place_.bfloat16) return;
  Set(false);
  // The casts of weights are kept for the pass only: the weights change after it.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
}

void Autocast::Set(bool enabled) const {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_dtype(place_.device.type(), at::kBFloat16);
  at::autocast::set_autocast_enabled(place_.device.type(), enabled);
#else
  if (place_.device.is_cpu()) {
    at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    at::autocast::set_cpu_enabled(enabled);
  } else {
    at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
    at::autocast::set_enabled(enabled);
  }
#endif
}

at::Tensor IndexTensor(const std::vector<int64_t>& values, const Place& place) {
  return at::tensor(at::ArrayRef<int64_t>(values), at::kLong).to(place.device);
}

at::Tensor DropoutMask(const at::Tensor& x, const Place& place, DropoutStream* stream) {
  const int64_t size = x.numel();
  if (place.kernels == Kernels::kOwn) {
    at::Tensor mask = at::empty(x.sizes(), at::kFloat);
    stream->Fill(mask.data_ptr<float>(), size);
    return mask;
  }
  const DropoutStream::Part part = stream->Take(size);
  const at::Tensor words = at::arange(part.words, at::dtype(at::kLong).device(place.device)) *
                           Signed(0x9e3779b97f4a7c15ull);
  const at::Tensor bits = Mixed(words + Signed(part.key));
  std::vector<at::Tensor> quarters;
  for (const int64_t shift : {0, 16, 32, 48}) {
    const at::Tensor shifted = shift == 0 ? bits : ShiftRight(bits, shift);
    quarters.push_back(at::bitwise_and(shifted, at::Scalar(int64_t{0xffff})));
  }
  const at::Tensor kept = at::stack(quarters, 1).flatten().narrow(0, 0, size) >=
                          at::Scalar(static_cast<int64_t>(part.threshold));
  return (kept.to(x.scalar_type()) * part.kept).view(x.sizes());
}

double MeasuringSeconds(const Place& place) {
  if (!place.device.is_cpu()) torch::cuda::synchronize();
  const bool alone = place.device.is_cpu() && at::get_num_threads() == 1;
  timespec now{};
  clock_gettime(alone ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::vector<float> ValuesOf(const at::Tensor& tensor) {
  if (!tensor.defined()) return {};
  const at::Tensor values = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
  const float* from = values.data_ptr<float>();
  return {from, from + values.numel()};
}

void SetValues(const std::vector<float>& values, at::Tensor* tensor) {
  TORCH_CHECK(static_cast<size_t>(tensor->numel()) == values.size(), "another number of values");
  const at::NoGradGuard no_gradients;
  const at::Tensor from = at::empty(tensor->sizes(), at::kFloat);
  std::memcpy(from.data_ptr<float>(), values.data(), values.size() * sizeof(float));
  tensor->copy_(from);
}

}  // namespace semblance::training
