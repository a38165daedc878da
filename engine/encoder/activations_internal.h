// GELU and its kin, for vectors of any width (lanes_internal.h).
#pragma once

#include "engine/encoder/activation.h"
#include "engine/encoder/lanes_internal.h"

namespace semblance::encoder {
namespace {

template <size_t kWidth>
struct Activations : Vectors<kWidth> {
  using V = Vectors<kWidth>;
  using typename V::Floats;
  using V::All;
  using V::Load;
  using V::Store;

  // x (1 + erf(x / sqrt 2)) / 2 within 1e-6 for |x| <= 12, and then within 1e-7 |x|. erf is x times
  // a rational function of x^2, fitted over the range in which it is not yet 1 in f32.
  static Floats Gelu(Floats x) {
    constexpr float kEnd = 5.6f;
    Floats c = x < All(-kEnd) ? All(-kEnd) : x;
    c = c > All(kEnd) ? All(kEnd) : c;
    const Floats u = c * c;
    Floats p = All(2.21453114e-08f);
    p = p * u + 6.35653214e-06f;
    p = p * u + 1.73850771e-04f;
    p = p * u + 4.70725959e-03f;
    p = p * u + 3.43761109e-02f;
    p = p * u + 3.98942232e-01f;
    Floats q = All(1.18021194e-06f);
    q = q * u + 7.51019325e-05f;
    q = q * u + 1.91297836e-03f;
    q = q * u + 2.89400890e-02f;
    q = q * u + 2.52833843e-01f;
    q = q * u + 1.0f;
    return x * (c * p / q + 0.5f);
  }

  // x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, by e^-2t.
  static Floats GeluTanh(Floats x) {
    const Floats t = (x * x * 0.044715f + 1.0f) * x * 1.59576912160573071f;
    const Floats e = V::Exp(t < All(0.0f) ? t : -t);
    const Floats above = x / (e + 1.0f);
    return t < All(0.0f) ? above * e : above;
  }

  static Floats Relu(Floats x) { return x < All(0.0f) ? All(0.0f) : x; }

  template <Floats (*kFunction)(Floats)>
  static void Apply(float* values, size_t count) {
    size_t i = 0;
    for (; i + 2 * kWidth <= count; i += 2 * kWidth) {
      const Floats first = kFunction(Load(values + i));
      const Floats second = kFunction(Load(values + i + kWidth));
      Store(values + i, first);
      Store(values + i + kWidth, second);
    }
    for (; i + kWidth <= count; i += kWidth) Store(values + i, kFunction(Load(values + i)));
    float last[kWidth] = {};
    for (size_t j = i; j < count; ++j) last[j - i] = values[j];
    Store(last, kFunction(Load(last)));
    for (size_t j = i; j < count; ++j) values[j] = last[j - i];
  }

  static void Activate(Activation activation, float* values, size_t count) {
    switch (activation) {
      case Activation::kGelu:
        return Apply<Gelu>(values, count);
      case Activation::kGeluTanh:
        return Apply<GeluTanh>(values, count);
      case Activation::kRelu:
        return Apply<Relu>(values, count);
    }
  }
};

}  // namespace
}  // namespace semblance::encoder
