#include "engine/training/contrastive_internal.h"

namespace semblance::training {
namespace {

constexpr double kSmallestNorm = 1e-8;

at::Tensor Unit(const at::Tensor& rows) {
  return rows / rows.norm(2, {1}, /*keepdim=*/true).clamp_min(kSmallestNorm);
}

at::Tensor CrossEntropyOfDiagonal(const at::Tensor& logits) {
  return -at::log_softmax(logits, 1).diagonal().mean();
}

}  // namespace

at::Tensor ContrastiveLogits(const at::Tensor& anchors, const at::Tensor& positives,
                             const at::Tensor& negatives, const ContrastiveSettings& settings) {
  const at::Tensor unit_anchors = Unit(anchors);
  at::Tensor logits = at::matmul(unit_anchors, Unit(positives).t()) / settings.temperature;
  if (!negatives.defined()) return logits;
  at::Tensor hard = at::matmul(unit_anchors, Unit(negatives).t()) / settings.temperature;
  if (settings.hard_negative_weight != 0) {
    hard = hard + at::eye(anchors.size(0), anchors.options()) * settings.hard_negative_weight;
  }
  return at::cat({logits, hard}, 1);
}

at::Tensor ContrastiveLoss(const at::Tensor& anchors, const at::Tensor& positives,
                           const at::Tensor& negatives, const ContrastiveSettings& settings) {
  const at::Tensor logits = ContrastiveLogits(anchors, positives, negatives, settings);
  const at::Tensor loss = CrossEntropyOfDiagonal(logits);
  if (!settings.symmetric) return loss;
  const at::Tensor backward = logits.narrow(1, 0, anchors.size(0)).t();
  return (loss + CrossEntropyOfDiagonal(backward)) / 2;
}

}  // namespace semblance::training
