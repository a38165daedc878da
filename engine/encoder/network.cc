#include "engine/encoder/network.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "engine/encoder/dense_internal.h"
#include "engine/encoder/embeddings.h"
#include "engine/encoder/kernels.h"
#include "engine/encoder/layers.h"
#include "engine/encoder/named_weights.h"
#include "engine/encoder/pooling.h"
#include "engine/encoder/relative_bias.h"
#include "engine/encoder/team.h"
#include "engine/encoder/weight_names.h"

namespace semblance::encoder {
namespace {

// Multiplications and additions that take longer than waking a thread.
constexpr double kWorthATeam = 5e7;
// What one thread needs for itself.
struct MemberBuffers {
  Scratch attention;  // of the longest sentence
  Scratch library;    // oneDNN's
};

// Matrices have room for RowsFor(rows) rows.
struct Buffers : Network::Workspace {
  Scratch embedded;      // [rows, embedding], of ALBERT
  Scratch hidden;        // [rows, hidden]
  Scratch qkv;           // [rows, 3 * hidden]
  Scratch context;       // [rows, hidden]
  Scratch intermediate;  // [rows, intermediate], in f32 with a gap behind each row
  Scratch narrow;        // [rows, narrow words], rows made narrow
  Scratch scales;        // [rows, 2], their scales
  Scratch pooled;        // [hidden]
  std::array<MemberBuffers, kMostMembers> members;
};

// One group on its way through the network, as all members of a team see it.
struct Group {
  std::span<const Sentence* const> sentences;
  std::span<float* const> out;
  size_t rows = 0;
  float* embedded = nullptr;
  float* hidden = nullptr;
  float* qkv = nullptr;
  float* context = nullptr;
  float* intermediate = nullptr;
  NarrowRows narrow = {};
  float* pooled = nullptr;
};

// Who computes.
struct Place {
  int member;
  Team& team;
  MemberBuffers& buffers;
};

class BertNetwork : public Network {
 public:
  BertNetwork(const BertConfig& config, const NamedWeights& weights, const NetworkOptions& options)
      : config_(config),
        threads_(options.threads),
        computed_in_(ComputedIn(options.precision)),
        kernels_(BestKernels()),
        embeddings_(config, weights, kernels_),
        pooling_(config, weights, kernels_) {
    if (config.architecture == Architecture::kAlbert) {
      const DenseShape shape{config.embedding_width(), config.hidden, Epilogue::kNone,
                             config.activation};
      mapping_.emplace(
          std::make_shared<const DenseKernels>(shape),
          weights.Floats(std::string(kMapping) + "weight", {shape.outputs, shape.inputs}),
          weights.Floats(std::string(kMapping) + "bias", {shape.outputs}));
    }
    if (config.architecture == Architecture::kMpnet) {
      const std::vector<float> table =
          weights.Floats(kRelativeBias, {kDistanceBuckets, config.heads});
      distance_bias_ = DistanceBias(table, config.heads, config.most_tokens());
    }
    LoadLayers(weights);
  }

  std::unique_ptr<Workspace> MakeWorkspace() const override { return std::make_unique<Buffers>(); }

  void Run(std::span<const Sentence* const> sentences, std::span<float* const> out, bool shared,
           Workspace* workspace) const override {
    auto& buffers = static_cast<Buffers&>(*workspace);
    const Group group = MakeGroup(sentences, out, &buffers);
    RunTeam(shared ? MembersFor(group.rows) : 1, [&](int member, Team& team) {
      const SerialOpenMp serial;
      Work(group, {member, team, buffers.members[static_cast<size_t>(member)]});
    });
  }

  // More would not fit the second-level cache. But without AVX-512, oneDNN reorders the weights for
  // every product, and the more rows there are for it, the better.
  size_t group_tokens() const override {
    return IfSupported(kAvx512Kernels) != nullptr ? 128 : kMostRows;
  }

  uint64_t memory_bytes() const override {
    uint64_t bytes = embeddings_.memory_bytes() + pooling_.memory_bytes() +
                     distance_bias_.size() * sizeof(float);
    if (mapping_) bytes += mapping_->memory_bytes();
    for (const Layer& layer : layers_) bytes += layer.memory_bytes();
    return bytes;
  }

 private:
  void LoadLayers(const NamedWeights& weights) {
    if (config_.layers == 0) return;
    const LayerLoader loader(config_, computed_in_, threads_);
    inner_stride_ = loader.inner_stride();
    narrow_words_ = loader.narrow_words();
    layers_.reserve(static_cast<size_t>(config_.layers));
    std::string last;
    for (int64_t i = 0; i < config_.layers; ++i) {
      const std::string name = NamesOfLayer(config_, i).query;
      if (name != last) layers_.push_back(loader.Load(weights, i));
      order_.push_back(layers_.size() - 1);
      last = name;
    }
  }

  int MembersFor(size_t rows) const {
    const auto width = static_cast<double>(config_.hidden);
    const auto inner = static_cast<double>(config_.intermediate);
    const double operations = 2 * static_cast<double>(rows) * static_cast<double>(config_.layers) *
                              (4 * width * width + 2 * width * inner);
    if (operations < kWorthATeam) return 1;
    return static_cast<int>(std::min<int64_t>(threads_, kMostMembers));
  }

  Group MakeGroup(std::span<const Sentence* const> sentences, std::span<float* const> out,
                  Buffers* buffers) const {
    const auto width = static_cast<size_t>(config_.hidden);
    Group group{sentences, out};
    for (const Sentence* sentence : sentences) group.rows += sentence->size();
    const auto padded = static_cast<size_t>(RowsFor(static_cast<int64_t>(group.rows)));
    if (mapping_) {
      group.embedded =
          buffers->embedded.Floats(padded * static_cast<size_t>(config_.embedding_width()));
    }
    group.hidden = buffers->hidden.Floats(padded * width);
    group.pooled = buffers->pooled.Floats(width);
    if (order_.empty()) return group;
    group.qkv = buffers->qkv.Floats(padded * 3 * width);
    group.context = buffers->context.Floats(padded * width);
    group.intermediate = buffers->intermediate.Floats(padded * static_cast<size_t>(inner_stride_));
    if (narrow_words_ == 0) return group;
    group.narrow.words =
        reinterpret_cast<uint32_t*>(buffers->narrow.Floats(group.rows * narrow_words_));
    group.narrow.scales = reinterpret_cast<RowScale*>(buffers->scales.Floats(group.rows * 2));
    return group;
  }

  // What one member does for a group. The first alone reads the tables and pools.
  void Work(const Group& group, const Place& place) const {
    const bool first = place.member == 0;
    if (first) Begin(group, &place.buffers.library);
    for (size_t i = 0; i < order_.size(); ++i) {
      // The first has collected, or begun, before anybody changes the states.
      place.team.Wait();
      RunLayer(layers_[order_[i]], group, place);
      if (first) Collect(static_cast<int64_t>(i) + 1, group);
    }
    if (!first) return;
    for (float* vector : group.out) pooling_.Finish(vector, group.pooled);
  }

  void Begin(const Group& group, Scratch* library) const {
    const auto width = static_cast<size_t>(config_.hidden);
    if (mapping_) {
      Embed(group, static_cast<size_t>(config_.embedding_width()), group.embedded);
      mapping_->Run(group.embedded, group.hidden, static_cast<int64_t>(group.rows), library);
    } else {
      Embed(group, width, group.hidden);
    }
    for (float* vector : group.out) std::fill_n(vector, width, 0.0f);
    Collect(0, group);
  }

  // out [RowsFor(rows), width]. Rows that only fill up a kernel's size are computed with the rest;
  // left from the last group they could grow.
  void Embed(const Group& group, size_t width, float* out) const {
    const auto padded = static_cast<size_t>(RowsFor(static_cast<int64_t>(group.rows)));
    float* const end = out + padded * width;
    for (const Sentence* sentence : group.sentences) {
      embeddings_.Lookup(*sentence, out);
      out += sentence->size() * width;
    }
    std::fill(out, end, 0.0f);
  }

  void Collect(int64_t layer, const Group& group) const {
    const float* hidden = group.hidden;
    for (size_t i = 0; i < group.sentences.size(); ++i) {
      pooling_.Collect(layer, hidden, group.sentences[i]->size(), group.out[i]);
      hidden += group.sentences[i]->size() * static_cast<size_t>(config_.hidden);
    }
  }

  // A member's rows, in place.
  void Normalise(const Norm& norm, const Group& group, const Place& place) const {
    const auto width = static_cast<size_t>(config_.hidden);
    const Range rows = ShareOf(group.rows, place.member, place.team);
    kernels_.layer_norm(group.hidden + rows.begin * width, rows.end - rows.begin, width,
                        norm.gain.data(), norm.bias.data(), static_cast<float>(config_.epsilon));
  }

  // A member's heads of all sentences.
  void Attend(const Group& group, const Place& place) const {
    const auto width = static_cast<size_t>(config_.hidden);
    const auto heads = static_cast<size_t>(config_.heads);
    const Range own = ShareOf(heads, place.member, place.team);
    const float* qkv = group.qkv;
    float* context = group.context;
    for (const Sentence* sentence : group.sentences) {
      const AttentionShape shape{sentence->size(),
                                 heads,
                                 width / heads,
                                 distance_bias_.empty() ? nullptr : distance_bias_.data(),
                                 static_cast<size_t>(config_.most_tokens()),
                                 own.begin,
                                 own.end};
      float* scratch = place.buffers.attention.Floats(kernels_.attention_scratch(shape));
      kernels_.attention(shape, qkv, context, scratch);
      qkv += sentence->size() * 3 * width;
      context += sentence->size() * width;
    }
  }

  // A member's part of out = in weight + bias, or out + that.
  void Multiply(const Linear& linear, float* in, float* out, const Group& group,
                const Place& place) const {
    if (linear.prepares()) {
      linear.Prepare(in, ShareOf(group.rows, place.member, place.team), group.narrow);
      place.team.Wait();
    }
    linear.Run(in, group.narrow, out, group.rows, place.member, place.team, &place.buffers.library);
    place.team.Wait();
  }

  // group.hidden [rows, hidden] in place.
  void RunLayer(const Layer& layer, const Group& group, const Place& place) const {
    Multiply(*layer.qkv, group.hidden, group.qkv, group, place);
    Attend(group, place);
    place.team.Wait();
    Multiply(*layer.attention_output, group.context, group.hidden, group, place);
    Normalise(layer.attention_norm, group, place);
    place.team.Wait();
    Multiply(*layer.intermediate, group.hidden, group.intermediate, group, place);
    Multiply(*layer.output, group.intermediate, group.hidden, group, place);
    Normalise(layer.output_norm, group, place);
    place.team.Wait();
  }

  // Constant after construction.
  BertConfig config_;
  int threads_;
  Precision computed_in_;
  const KernelSet& kernels_;
  Embeddings embeddings_;
  Pooling pooling_;
  std::optional<Dense> mapping_;      // ALBERT's, from the embeddings to the first hidden state
  std::vector<float> distance_bias_;  // MPNet's, as AttentionShape has it
  std::vector<Layer> layers_;
  int64_t inner_stride_ = 0;   // from one row of the intermediate states to the next
  size_t narrow_words_ = 0;    // of the widest row that is made narrow; 0: none is
  std::vector<size_t> order_;  // which of layers_ is run: all in turn, but ALBERT's several times
};

}  // namespace

std::unique_ptr<const Network> Network::Load(const BertConfig& config, const SafeTensors& weights,
                                             const NetworkOptions& options) {
  return std::make_unique<BertNetwork>(config, NamedWeights(weights), options);
}

}  // namespace semblance::encoder
