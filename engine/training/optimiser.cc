#include <cmath>

#include "engine/training/optimiser_internal.h"

namespace semblance::training {

Optimiser::Optimiser(const at::Tensor& tensor, double weight_decay, Kernels kernels)
    : weight_decay_(weight_decay) {
  if (kernels == Kernels::kOwn) {
    own_.emplace(tensor.numel(), weight_decay, AdamWOptions());
    return;
  }
  first_ = at::zeros_like(tensor.detach());
  second_ = at::zeros_like(first_);
}

void Optimiser::Step(at::Tensor* tensor, double scale, double learning_rate) {
  if (own_) {
    const at::Tensor dense = tensor->grad().contiguous();
    own_->Step(tensor->data_ptr<float>(), dense.data_ptr<float>(), scale, learning_rate);
    return;
  }
  const at::NoGradGuard no_gradients;
  const AdamWOptions options;
  ++steps_;
  const double correction1 = 1 - std::pow(options.beta1, static_cast<double>(steps_));
  const double correction2 = 1 - std::pow(options.beta2, static_cast<double>(steps_));
  const at::Tensor gradient = tensor->grad() * scale;
  first_.mul_(options.beta1).add_(gradient, 1 - options.beta1);
  second_.mul_(options.beta2).addcmul_(gradient, gradient, 1 - options.beta2);
  const at::Tensor root = second_.sqrt().mul_(1 / std::sqrt(correction2)).add_(options.epsilon);
  tensor->mul_(1 - learning_rate * weight_decay_);
  tensor->addcdiv_(first_, root, -learning_rate / correction1);
}

int64_t Optimiser::steps() const { return own_ ? own_->steps() : steps_; }

std::vector<float> Optimiser::first() const { return own_ ? own_->first() : ValuesOf(first_); }

std::vector<float> Optimiser::second() const { return own_ ? own_->second() : ValuesOf(second_); }

void Optimiser::Restore(int64_t steps, const std::vector<float>& first,
                        const std::vector<float>& second) {
  if (own_) return own_->Restore(steps, first, second);
  steps_ = steps;
  SetValues(first, &first_);
  SetValues(second, &second_);
}

}  // namespace semblance::training
