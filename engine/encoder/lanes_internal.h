// Vectors of one width in the compiler's own types, for kernels that are written once and compiled
// for several instruction sets. Everything is in an unnamed namespace, and of what is included only
// types and intrinsics are used, so that no function built for a newer processor can stand in for
// one that others call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace semblance::encoder {
namespace {

// Vector types of kWidth elements, and the same as they lie in memory. Spelled out, since the
// compiler ignores a size that depends on a template's parameter.
template <size_t kWidth>
struct Lanes;
template <>
struct Lanes<4> {
  typedef float Floats __attribute__((vector_size(16)));
  typedef int32_t Ints __attribute__((vector_size(16)));
  typedef uint32_t Words __attribute__((vector_size(16)));
  typedef uint16_t Shorts __attribute__((vector_size(8)));
  typedef float FloatsAt __attribute__((vector_size(16), aligned(4), may_alias));
  typedef uint16_t ShortsAt __attribute__((vector_size(8), aligned(2), may_alias));
};
template <>
struct Lanes<8> {
  typedef float Floats __attribute__((vector_size(32)));
  typedef int32_t Ints __attribute__((vector_size(32)));
  typedef uint32_t Words __attribute__((vector_size(32)));
  typedef uint16_t Shorts __attribute__((vector_size(16)));
  typedef float FloatsAt __attribute__((vector_size(32), aligned(4), may_alias));
  typedef uint16_t ShortsAt __attribute__((vector_size(16), aligned(2), may_alias));
};
template <>
struct Lanes<16> {
  typedef float Floats __attribute__((vector_size(64)));
  typedef int32_t Ints __attribute__((vector_size(64)));
  typedef uint32_t Words __attribute__((vector_size(64)));
  typedef uint16_t Shorts __attribute__((vector_size(32)));
  typedef float FloatsAt __attribute__((vector_size(64), aligned(4), may_alias));
  typedef uint16_t ShortsAt __attribute__((vector_size(32), aligned(2), may_alias));
};

template <size_t kWidth>
struct Halves {
  explicit Halves(typename Lanes<kWidth>::Floats values) {
    __builtin_memcpy(this, &values, sizeof(values));
  }
  typename Lanes<kWidth / 2>::Floats low, high;
};

template <size_t kWidth>
float SumOf(typename Lanes<kWidth>::Floats values) {
  if constexpr (kWidth == 4) {
    return (values[0] + values[1]) + (values[2] + values[3]);
  } else {
    const Halves<kWidth> halves(values);
    return SumOf<kWidth / 2>(halves.low + halves.high);
  }
}

// Of a and b, lanes that have the bit `kStep` in their number, and those that have not: in Low they
// stand where a's own have it not, and b's behind them; in High likewise.
template <size_t kStep, size_t kWidth, size_t... kLane>
typename Lanes<kWidth>::Floats Low(typename Lanes<kWidth>::Floats a,
                                   typename Lanes<kWidth>::Floats b,
                                   std::index_sequence<kLane...>) {
  return __builtin_shufflevector(a, b, (kLane & kStep ? kWidth + kLane - kStep : kLane)...);
}
template <size_t kStep, size_t kWidth, size_t... kLane>
typename Lanes<kWidth>::Floats High(typename Lanes<kWidth>::Floats a,
                                    typename Lanes<kWidth>::Floats b,
                                    std::index_sequence<kLane...>) {
  return __builtin_shufflevector(a, b, (kLane & kStep ? kWidth + kLane : kLane + kStep)...);
}

template <size_t kWidth>
struct Vectors {
  using Floats = typename Lanes<kWidth>::Floats;
  using Ints = typename Lanes<kWidth>::Ints;
  using Words = typename Lanes<kWidth>::Words;
  using Shorts = typename Lanes<kWidth>::Shorts;
  using FloatsAt = typename Lanes<kWidth>::FloatsAt;
  using ShortsAt = typename Lanes<kWidth>::ShortsAt;

  static Floats Load(const float* at) { return *reinterpret_cast<const FloatsAt*>(at); }
  static void Store(float* at, Floats values) { *reinterpret_cast<FloatsAt*>(at) = values; }
  static Floats All(float value) { return value - Floats{}; }
  static size_t RoundUp(size_t count) { return (count + kWidth - 1) / kWidth * kWidth; }

  // Halves are added as vectors: lane after lane would take several times as long.
  static float Sum(Floats values) { return SumOf<kWidth>(values); }

  using AllLanes = std::make_index_sequence<kWidth>;

  // rows [kWidth, kWidth] on its side.
  template <size_t kStep = kWidth / 2>
  static void Transpose(Floats* rows) {
    for (size_t i = 0; i < kWidth; ++i) {
      if ((i & kStep) != 0) continue;
      const Floats a = rows[i], b = rows[i + kStep];
      rows[i] = Low<kStep, kWidth>(a, b, AllLanes());
      rows[i + kStep] = High<kStep, kWidth>(a, b, AllLanes());
    }
    if constexpr (kStep > 1) Transpose<kStep / 2>(rows);
  }

  static Floats Add(Floats a, Floats b) { return a + b; }
  static Floats More(Floats a, Floats b) { return a > b ? a : b; }

  // Lane i becomes all lanes of row i, folded into one; of `rows` [kWidth, kWidth] little is left.
  template <Floats (*kFold)(Floats, Floats), size_t kStep = kWidth / 2>
  static Floats Fold(Floats* rows) {
    for (size_t i = 0; i < kStep; ++i) {
      const Floats a = rows[i], b = rows[i + kStep];
      rows[i] = kFold(Low<kStep, kWidth>(a, b, AllLanes()), High<kStep, kWidth>(a, b, AllLanes()));
    }
    if constexpr (kStep > 1) return Fold<kFold, kStep / 2>(rows);
    return rows[0];
  }

  // e^x for x <= 0 within 2 units in the last place; below -87 it is e^-87.
  static Floats Exp(Floats x) {
    x = x < All(-87.0f) ? All(-87.0f) : x;
    // x = n ln 2 + r: adding 1.5 * 2^23 leaves n, rounded, in the last bits.
    const Floats shifted = x * 1.44269504088896341f + 12582912.0f;
    const Floats n = shifted - 12582912.0f;
    const Floats r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    Floats p = All(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    const Ints exponent = (Ints)shifted - (Ints)All(12582912.0f) + 127;
    return p * (Floats)(exponent << 23);
  }
};

}  // namespace
}  // namespace semblance::encoder
