// The contrastive loss (InfoNCE over cosines). Private to engine/training: LibTorch types.
#pragma once

#include <torch/types.h>

namespace semblance::training {

struct ContrastiveSettings {
  double temperature = 0.05;
  double hard_negative_weight = 0;
  bool symmetric = false;
};

// anchors, positives [B, D]; negatives [B, D] or undefined. Row i's candidates are all positives
// and all negatives of the batch; logits are cosine / temperature, and hard_negative_weight is
// added to the one of its own negative. The mean over rows of -log softmax at its own positive.
// Symmetric: averaged with the same loss of positives against anchors.
at::Tensor ContrastiveLogits(const at::Tensor& anchors, const at::Tensor& positives,
                             const at::Tensor& negatives, const ContrastiveSettings& settings);
at::Tensor ContrastiveLoss(const at::Tensor& anchors, const at::Tensor& positives,
                           const at::Tensor& negatives, const ContrastiveSettings& settings);

}  // namespace semblance::training
