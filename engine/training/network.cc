#include <torch/autograd.h>

#include <cmath>
#include <cstring>

#include "engine/training/network_internal.h"

namespace semblance::training {
namespace {

using Groups = std::vector<PackedBatch::Group>;

// Tokens whose activations are computed together; larger blocks fall out of the caches between one
// operation and the next.
constexpr int64_t kChunkTokens = 2048;

// table [V, D] -> rows [N, D]. LibTorch's own embedding adds the gradient row by row through small
// tensors; this is one pass, in order, so that the result does not depend on threads.
struct Gather : torch::autograd::Function<Gather> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& table,
                            const at::Tensor& ids) {
    context->save_for_backward({ids});
    context->saved_data["rows"] = table.size(0);
    const int64_t count = ids.size(0), width = table.size(1);
    at::Tensor out = at::empty({count, width}, table.options().requires_grad(false));
    const int64_t* id = ids.data_ptr<int64_t>();
    const float* from = table.data_ptr<float>();
    float* to = out.data_ptr<float>();
    for (int64_t i = 0; i < count; ++i) {
      std::memcpy(to + i * width, from + id[i] * width, static_cast<size_t>(width) * sizeof(float));
    }
    return out;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const at::Tensor ids = context->get_saved_variables()[0];
    const at::Tensor gradient = gradients[0].contiguous();
    const int64_t count = ids.size(0), width = gradient.size(1);
    at::Tensor table = at::zeros({context->saved_data["rows"].toInt(), width}, gradient.options());
    const int64_t* id = ids.data_ptr<int64_t>();
    const float* from = gradient.data_ptr<float>();
    float* to = table.data_ptr<float>();
    for (int64_t i = 0; i < count; ++i) {
      float* row = to + id[i] * width;
      for (int64_t d = 0; d < width; ++d) row[d] += from[i * width + d];
    }
    return {table, at::Tensor()};
  }
};

std::vector<int64_t> TokenCounts(const Groups& groups) {
  std::vector<int64_t> counts;
  for (const PackedBatch::Group& group : groups) counts.push_back(group.sentences * group.length);
  return counts;
}

// Whole groups while they are small; a group larger than a chunk is cut between sentences.
std::vector<Groups> Chunks(const Groups& groups) {
  std::vector<Groups> chunks(1);
  int64_t filled = 0;
  for (PackedBatch::Group group : groups) {
    while (group.sentences > 0) {
      const int64_t room = (kChunkTokens - filled) / group.length;
      if (room <= 0 && filled > 0) {
        chunks.emplace_back();
        filled = 0;
        continue;
      }
      const int64_t take = std::min(group.sentences, std::max<int64_t>(room, 1));
      chunks.back().push_back({filled, take, group.length});
      filled += take * group.length;
      group.sentences -= take;
    }
  }
  return chunks;
}

}  // namespace

struct Network::Layer {
  at::Tensor qkv_weight, qkv_bias;  // [3D, D], [3D]
  at::Tensor attention_weight, attention_bias, attention_norm_weight, attention_norm_bias;
  at::Tensor inner_weight, inner_bias, outer_weight, outer_bias, norm_weight, norm_bias;
};

Network::Network(const NetworkShape& shape, const Weights& weights, const Place& place)
    : place_(place), shape_(shape) {
  for (const auto& [name, sizes] : TensorShapes(shape)) {
    at::Tensor parameter = at::empty(sizes, at::dtype(at::kFloat).device(place.device));
    SetValues(weights.at(name).values, &parameter);
    parameters_[name] = parameter.set_requires_grad(true);
  }
}

Network::Layer Network::LayerAt(int64_t index) const {
  const std::string prefix = LayerPrefix(index);
  const auto at = [&](const std::string& name) { return parameters_.at(prefix + name); };
  const auto three = [&](const std::string& part) {
    return at::cat({at("attention.self.query." + part), at("attention.self.key." + part),
                    at("attention.self.value." + part)},
                   0);
  };
  return {three("weight"),
          three("bias"),
          at("attention.output.dense.weight"),
          at("attention.output.dense.bias"),
          at("attention.output.LayerNorm.weight"),
          at("attention.output.LayerNorm.bias"),
          at("intermediate.dense.weight"),
          at("intermediate.dense.bias"),
          at("output.dense.weight"),
          at("output.dense.bias"),
          at("output.LayerNorm.weight"),
          at("output.LayerNorm.bias")};
}

at::Tensor Network::Rows(const at::Tensor& table, const std::vector<int64_t>& ids) const {
  const at::Tensor index = IndexTensor(ids, place_);
  return place_.kernels == Kernels::kOwn ? Gather::apply(table, index)
                                         : at::embedding(table, index);
}

at::Tensor Network::Dropped(const at::Tensor& x, DropoutStream* dropout) const {
  if (dropout == nullptr || dropout->rate() == 0) return x;
  return x * DropoutMask(x, place_, dropout);
}

at::Tensor Network::Norm(const at::Tensor& x, const at::Tensor& weight,
                         const at::Tensor& bias) const {
  return at::layer_norm(x.to(at::kFloat), {shape_.hidden}, weight, bias, shape_.epsilon);
}

at::Tensor Network::Embeddings(const PackedBatch& batch, DropoutStream* dropout) const {
  at::Tensor sum = Rows(parameter("embeddings.word_embeddings.weight"), batch.ids);
  sum = sum + Rows(parameter("embeddings.position_embeddings.weight"), batch.positions);
  sum = sum + parameter("embeddings.token_type_embeddings.weight")[0];
  return Dropped(
      Norm(sum, parameter("embeddings.LayerNorm.weight"), parameter("embeddings.LayerNorm.bias")),
      dropout);
}

at::Tensor Network::Attention(const Layer& layer, const at::Tensor& hidden, const Groups& groups,
                              DropoutStream* dropout) const {
  const int64_t width = shape_.hidden / shape_.heads;
  const at::Tensor qkv = at::linear(hidden, layer.qkv_weight, layer.qkv_bias);
  const std::vector<at::Tensor> blocks = qkv.split_with_sizes(TokenCounts(groups), 0);
  std::vector<at::Tensor> contexts;
  for (size_t g = 0; g < groups.size(); ++g) {
    const int64_t sentences = groups[g].sentences, length = groups[g].length;
    // [3, sentences * heads, L, width]
    const at::Tensor parts = blocks[g]
                                 .view({sentences, length, 3, shape_.heads, width})
                                 .permute({2, 0, 3, 1, 4})
                                 .reshape({3, sentences * shape_.heads, length, width});
    const std::vector<at::Tensor> three = parts.unbind(0);
    const at::Tensor scores =
        at::bmm(three[0], three[1].transpose(1, 2)) / std::sqrt(static_cast<double>(width));
    const at::Tensor context = at::bmm(Dropped(at::softmax(scores, -1), dropout), three[2]);
    contexts.push_back(context.view({sentences, shape_.heads, length, width})
                           .transpose(1, 2)
                           .reshape({sentences * length, shape_.hidden}));
  }
  return at::cat(contexts, 0);
}

at::Tensor Network::Apply(const Layer& layer, const at::Tensor& hidden, const Groups& groups,
                          DropoutStream* dropout) const {
  const at::Tensor context = Attention(layer, hidden, groups, dropout);
  const at::Tensor attended =
      Dropped(at::linear(context, layer.attention_weight, layer.attention_bias), dropout);
  const at::Tensor middle =
      Norm(hidden + attended, layer.attention_norm_weight, layer.attention_norm_bias);
  const at::Tensor inner = at::gelu(at::linear(middle, layer.inner_weight, layer.inner_bias));
  const at::Tensor outer =
      Dropped(at::linear(inner, layer.outer_weight, layer.outer_bias), dropout);
  return Norm(middle + outer, layer.norm_weight, layer.norm_bias);
}

std::vector<Network::States> Network::Forward(const PackedBatch& batch,
                                              DropoutStream* dropout) const {
  const at::Tensor embeddings = Embeddings(batch, dropout);
  if (shape_.layers == 0) return {{batch.groups, embeddings, embeddings, embeddings}};
  std::vector<Layer> layers;
  for (int64_t i = 0; i < shape_.layers; ++i) layers.push_back(LayerAt(i));

  std::vector<States> out;
  std::vector<int64_t> sizes;
  for (Groups& groups : Chunks(batch.groups)) {
    int64_t tokens = 0;
    for (const int64_t count : TokenCounts(groups)) tokens += count;
    sizes.push_back(tokens);
    out.push_back({std::move(groups), {}, {}, {}});
  }
  const std::vector<at::Tensor> parts = embeddings.split_with_sizes(sizes, 0);
  for (size_t chunk = 0; chunk < out.size(); ++chunk) {
    States& states = out[chunk];
    states.last = parts[chunk];
    for (int64_t i = 0; i < shape_.layers; ++i) {
      states.before_last = states.last;
      states.last = Apply(layers[static_cast<size_t>(i)], states.last, states.groups, dropout);
      if (i == 0) states.first = states.last;
    }
  }
  return out;
}

at::Tensor Network::Pool(const PackedBatch& batch, const std::vector<States>& chunks,
                         bool training) const {
  const bool first_token = shape_.pooler == "cls" || shape_.pooler == "cls_before_pooler";
  std::vector<at::Tensor> pooled;
  for (const States& states : chunks) {
    at::Tensor hidden = states.last;
    if (shape_.pooler == "avg_top2") hidden = (states.last + states.before_last) / 2;
    if (shape_.pooler == "avg_first_last") hidden = (states.last + states.first) / 2;
    const std::vector<at::Tensor> blocks = hidden.split_with_sizes(TokenCounts(states.groups), 0);
    for (size_t g = 0; g < blocks.size(); ++g) {
      const at::Tensor block =
          blocks[g].view({states.groups[g].sentences, states.groups[g].length, shape_.hidden});
      pooled.push_back(first_token ? block.select(1, 0) : block.mean(1));
    }
  }
  std::vector<int64_t> order(batch.source.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[static_cast<size_t>(batch.source[i])] = static_cast<int64_t>(i);
  // The inverse order is a permutation, so that Gather's sum in the backward pass has one term a
  // row.
  at::Tensor vectors = Rows(at::cat(pooled, 0), order);
  if (shape_.pooler == "cls" && (training || !shape_.mlp_only_train)) {
    vectors = at::tanh(
        at::linear(vectors, parameter("pooler.dense.weight"), parameter("pooler.dense.bias")));
  }
  return vectors.to(at::kFloat);
}

}  // namespace semblance::training
