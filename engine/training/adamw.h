// AdamW on plain arrays: decoupled weight decay, bias-corrected moments, one pass over memory a
// step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace semblance::training {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

// The state of one parameter tensor. Not thread-safe; the update itself uses OpenMP and gives the
// same bits for any number of threads.
class AdamW {
 public:
  AdamW(int64_t size, double weight_decay, const AdamWOptions& options)
      : options_(options),
        weight_decay_(weight_decay),
        first_(static_cast<size_t>(size)),
        second_(static_cast<size_t>(size)) {}

  // `weights` and `gradients` have `size` elements. `scale` is applied to the gradients first
  // (clipping).
  void Step(float* weights, const float* gradients, double scale, double learning_rate);

  // What another one of the same size needs to go on from here.
  int64_t steps() const { return steps_; }
  const std::vector<float>& first() const { return first_; }    // running mean of the gradients
  const std::vector<float>& second() const { return second_; }  // and of their squares
  void Restore(int64_t steps, std::vector<float> first, std::vector<float> second) {
    steps_ = steps;
    first_ = std::move(first);
    second_ = std::move(second);
  }

 private:
  AdamWOptions options_;
  double weight_decay_;
  int64_t steps_ = 0;
  std::vector<float> first_, second_;
};

}  // namespace semblance::training
