// Dispatch, and the kernels in plain C++.
#include "index/code_kernels.h"

#include <bit>

namespace semblance::index {
namespace {

float ByteProduct(const void* query, const void* row, size_t stride) {
  const auto* const q = static_cast<const int8_t*>(query);
  const auto* const r = static_cast<const int8_t*>(row);
  int32_t sum = 0;
  for (size_t i = 0; i < stride; ++i) sum += int32_t{q[i]} * r[i];
  return static_cast<float>(sum);
}

float HalfProduct(const void* query, const void* row, size_t stride) {
  const auto* const q = static_cast<const float*>(query);
  const auto* const r = static_cast<const _Float16*>(row);
  float sum = 0;
  for (size_t i = 0; i < stride / 2; ++i) sum += q[i] * static_cast<float>(r[i]);
  return sum;
}

float BitDifferences(const void* query, const void* row, size_t stride) {
  const auto* const q = static_cast<const uint64_t*>(query);
  const auto* const r = static_cast<const uint64_t*>(row);
  int count = 0;
  for (size_t i = 0; i < stride / 8; ++i) count += std::popcount(q[i] ^ r[i]);
  return static_cast<float>(count);
}

template <float (*kOne)(const void*, const void*, size_t)>
void Four(const void* query, const void* const* rows, size_t stride, float* out) {
  for (size_t i = 0; i < 4; ++i) out[i] = kOne(query, rows[i], stride);
}

const CodeKernel* OfThree(CodeLevel level, const CodeKernel& portable, const CodeKernel* avx2,
                          const CodeKernel* avx512) {
  if (level == CodeLevel::kPortable) return &portable;
  return level == CodeLevel::kAvx2 ? avx2 : avx512;
}

}  // namespace

const CodeKernel kPortableByteKernel = {"portable", &ByteProduct, &Four<ByteProduct>};
const CodeKernel kPortableHalfKernel = {"portable", &HalfProduct, &Four<HalfProduct>};
const CodeKernel kPortableBitKernel = {"portable", &BitDifferences, &Four<BitDifferences>};

// __builtin_cpu_supports also asks whether the operating system saves the wide registers.
const CodeKernel* CodeKernelOf(Quantization quantization, CodeLevel level) {
  const bool avx2 = __builtin_cpu_supports("avx2");
  switch (quantization) {
    case Quantization::kF16: {
      const bool half = __builtin_cpu_supports("f16c") && __builtin_cpu_supports("fma");
      return OfThree(level, kPortableHalfKernel, avx2 && half ? &kAvx2HalfKernel : nullptr,
                     __builtin_cpu_supports("avx512f") ? &kAvx512HalfKernel : nullptr);
    }
    case Quantization::kBinary: {
      const bool wide =
          __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq");
      return OfThree(level, kPortableBitKernel,
                     __builtin_cpu_supports("popcnt") ? &kAvx2BitKernel : nullptr,
                     wide ? &kAvx512BitKernel : nullptr);
    }
    default: {
      const bool vnni = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni");
      return OfThree(level, kPortableByteKernel, avx2 ? &kAvx2ByteKernel : nullptr,
                     vnni ? &kAvx512ByteKernel : nullptr);
    }
  }
}

const CodeKernel& BestCodeKernel(Quantization quantization) {
  const auto best_of = [](Quantization each) {
    for (CodeLevel level : {CodeLevel::kAvx512, CodeLevel::kAvx2}) {
      if (const CodeKernel* kernel = CodeKernelOf(each, level)) return kernel;
    }
    return CodeKernelOf(each, CodeLevel::kPortable);
  };
  static const CodeKernel* const best[] = {best_of(Quantization::kNone),
                                           best_of(Quantization::kSq8), best_of(Quantization::kF16),
                                           best_of(Quantization::kBinary)};
  return *best[static_cast<uint8_t>(quantization)];
}

}  // namespace semblance::index
