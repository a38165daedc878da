#include "engine/training/adamw.h"

#include <cmath>

namespace semblance::training {

void AdamW::Step(float* weights, const float* gradients, double scale, double learning_rate) {
  ++steps_;
  const double correction1 = 1 - std::pow(options_.beta1, static_cast<double>(steps_));
  const double correction2 = 1 - std::pow(options_.beta2, static_cast<double>(steps_));
  const float b1 = static_cast<float>(options_.beta1), b2 = static_cast<float>(options_.beta2);
  const float c1 = 1 - b1, c2 = 1 - b2;
  const float step = static_cast<float>(learning_rate / correction1);
  const float root = static_cast<float>(1 / std::sqrt(correction2));
  const float epsilon = static_cast<float>(options_.epsilon);
  const float keep = static_cast<float>(1 - learning_rate * weight_decay_);
  const float clip = static_cast<float>(scale);
  float* const m = first_.data();
  float* const v = second_.data();
  const int64_t size = static_cast<int64_t>(first_.size());
#pragma omp parallel for simd schedule(static) if (size > 65536)
  for (int64_t i = 0; i < size; ++i) {
    const float gradient = gradients[i] * clip;
    m[i] = b1 * m[i] + c1 * gradient;
    v[i] = b2 * v[i] + c2 * gradient * gradient;
    weights[i] = weights[i] * keep - step * m[i] / (std::sqrt(v[i]) * root + epsilon);
  }
}

}  // namespace semblance::training
