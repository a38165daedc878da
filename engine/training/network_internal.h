// The BERT-shaped network (post-LayerNorm) over packed sentences. Private to engine/training:
// LibTorch types.
//
// Tokens of all sentences lie end to end, [N, D], sentences of one length next to each other:
// linear layers see only real tokens and attention runs over dense [sentences, heads, L, L] blocks,
// without padding or masks.
#pragma once

#include <torch/types.h>

#include <map>
#include <string>
#include <vector>

#include "engine/training/batches.h"
#include "engine/training/device_internal.h"
#include "engine/training/dropout.h"
#include "engine/training/weights.h"

namespace semblance::training {

class Network {
 public:
  // A chunk of the packed batch: whole groups, small enough that its activations stay near the
  // processor.
  struct States {
    std::vector<PackedBatch::Group> groups;  // first_token counted from the chunk's own start
    at::Tensor first;                        // [tokens of the chunk, D] after the first layer
    at::Tensor before_last;  // after the last layer but one (the embeddings' output when there is
                             // one layer)
    at::Tensor last;         // after the last layer (the embeddings' output when there are none)
  };

  Network(const NetworkShape& shape, const Weights& weights, const Place& place);

  // `dropout` may be null: evaluation.
  std::vector<States> Forward(const PackedBatch& batch, DropoutStream* dropout) const;
  // Pooled vectors [sentences, D] in the order the sentences had before packing.
  at::Tensor Pool(const PackedBatch& batch, const std::vector<States>& chunks, bool training) const;

  const NetworkShape& shape() const { return shape_; }
  std::map<std::string, at::Tensor>& parameters() { return parameters_; }
  const at::Tensor& parameter(const std::string& name) const { return parameters_.at(name); }

 private:
  struct Layer;  // the layer's tensors, looked up once a pass
  Layer LayerAt(int64_t index) const;
  at::Tensor Embeddings(const PackedBatch& batch, DropoutStream* dropout) const;
  at::Tensor Attention(const Layer& layer, const at::Tensor& hidden,
                       const std::vector<PackedBatch::Group>& groups, DropoutStream* dropout) const;
  at::Tensor Apply(const Layer& layer, const at::Tensor& hidden,
                   const std::vector<PackedBatch::Group>& groups, DropoutStream* dropout) const;
  at::Tensor Rows(const at::Tensor& table, const std::vector<int64_t>& ids) const;
  at::Tensor Dropped(const at::Tensor& x, DropoutStream* dropout) const;
  at::Tensor Norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) const;

  const Place place_;
  NetworkShape shape_;
  std::map<std::string, at::Tensor> parameters_;
};

}  // namespace semblance::training
