#include "engine/encoder/encoder.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>

#include "engine/encoder/config.h"
#include "engine/encoder/network.h"
#include "engine/encoder/whitening.h"
#include "engine/encoder/workers.h"

namespace semblance::encoder {
namespace {

constexpr const char* kWeights = "model.safetensors";
constexpr int kMostThreads = 1024;
// Tokens computed together where there are few: every thread has something to do then, down to
// where products get slow.
constexpr size_t kLeastGroupTokens = 32;
// Texts tokenized at a time: sorting needs many, memory wants few.
constexpr size_t kWindowTexts = 4096;
constexpr size_t kTextsPerJob = 32;

// Sentences computed together: positions begin .. end of the order by length.
struct Group {
  size_t begin = 0;
  size_t end = 0;
};

std::vector<size_t> OrderByLength(std::span<const Sentence> sentences) {
  std::vector<size_t> order(sentences.size());
  std::iota(order.begin(), order.end(), size_t{0});
  // Long ones first: the last jobs of several threads are small then and end together.
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return sentences[a].size() > sentences[b].size(); });
  return order;
}

std::vector<Group> MakeGroups(std::span<const Sentence> sentences, const std::vector<size_t>& order,
                              size_t threads, size_t group_tokens) {
  size_t all = 0;
  for (const Sentence& sentence : sentences) all += sentence.size();
  const size_t most = std::clamp((all + threads - 1) / threads, kLeastGroupTokens, group_tokens);
  std::vector<Group> groups;
  size_t tokens = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const size_t length = sentences[order[i]].size();
    if (groups.empty() || tokens + length > most) {
      groups.push_back({i, i});
      tokens = 0;
    }
    groups.back().end = i + 1;
    tokens += length;
  }
  return groups;
}

// To unit length. A vector of zeros, which only weights of zeros give, stays one.
void NormaliseVector(float* vector, size_t dimension) {
  double square = 0;
  for (size_t i = 0; i < dimension; ++i) square += static_cast<double>(vector[i]) * vector[i];
  if (!std::isfinite(square)) {
    throw Error(ErrorKind::kCorruption, "the model's weights are so large that vectors overflow");
  }
  if (square == 0) return;
  const double factor = 1.0 / std::sqrt(square);
  for (size_t i = 0; i < dimension; ++i) vector[i] = static_cast<float>(vector[i] * factor);
}

// Workspaces that wait for the next call: megabytes, whose making would cost a short one some
// percent of its time.
class Workspaces {
 public:
  Workspaces(const Network& network, size_t most) : network_(network), most_(most) {}

  std::unique_ptr<Network::Workspace> Take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto workspace = std::move(idle_.back());
        idle_.pop_back();
        return workspace;
      }
    }
    return network_.MakeWorkspace();
  }

  // No more are kept than one call uses.
  void Give(std::unique_ptr<Network::Workspace> workspace) {
    const std::lock_guard lock(mutex_);
    if (workspace != nullptr && idle_.size() < most_) idle_.push_back(std::move(workspace));
  }

 private:
  const Network& network_;
  const size_t most_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Network::Workspace>> idle_;  // guarded by mutex_
};

class PackageEncoder : public Encoder {
 public:
  PackageEncoder(const ModelPackage& package, const EncoderOptions& options)
      : threads_(options.threads > 0 ? options.threads : omp_get_max_threads()),
        computed_in_(ComputedIn(options.precision)),
        config_(BertConfig::Parse(package.File("config.json"))),
        tokenizer_(Tokenizer::Load(package)),
        network_(Network::Load(
            config_, SafeTensors::Parse(package.File(kWeights), package.IsStatic(kWeights)),
            {.threads = threads_, .precision = computed_in_})),
        whitening_(Whitening::Load(package, config_.hidden)),
        workspaces_(*network_, static_cast<size_t>(threads_)) {
    if (tokenizer_->vocabulary_size() > config_.vocabulary) {
      throw Error(ErrorKind::kCorruption,
                  "the tokenizer has " + std::to_string(tokenizer_->vocabulary_size()) +
                      " pieces, the network only " + std::to_string(config_.vocabulary));
    }
  }

  uint32_t dimension() const override {
    return static_cast<uint32_t>(whitening_ != nullptr ? whitening_->dimension() : config_.hidden);
  }
  const std::vector<int64_t>& dims() const override { return config_.dims; }
  uint32_t max_length() const override { return static_cast<uint32_t>(config_.max_length); }
  Pooler pooler() const override { return config_.pooler; }
  Precision computed_in() const override { return computed_in_; }
  const Tokenizer& tokenizer() const override { return *tokenizer_; }
  uint64_t memory_bytes() const override { return network_->memory_bytes(); }

  std::vector<float> Encode(std::span<const std::string_view> texts,
                            const std::function<bool()>& cancel) const override {
    std::vector<float> vectors(texts.size() * dimension());
    for (size_t begin = 0; begin < texts.size(); begin += kWindowTexts) {
      const auto window = texts.subspan(begin, std::min(kWindowTexts, texts.size() - begin));
      const std::vector<Sentence> sentences = Tokenize(window, cancel);
      Compute(sentences, vectors.data() + begin * dimension(), cancel);
    }
    return vectors;
  }

  std::vector<float> EncodeIds(std::span<const std::vector<int32_t>> ids,
                               const std::function<bool()>& cancel) const override {
    for (const Sentence& sentence : ids) CheckIds(sentence);
    std::vector<float> vectors(ids.size() * dimension());
    Compute(ids, vectors.data(), cancel);
    return vectors;
  }

 private:
  void CheckIds(const Sentence& sentence) const {
    if (sentence.empty() || sentence.size() > max_length()) {
      throw Error(ErrorKind::kInvalid, "a sentence must have 1 to " + std::to_string(max_length()) +
                                           " ids, has " + std::to_string(sentence.size()));
    }
    for (const int32_t id : sentence) {
      if (id < 0 || id >= config_.vocabulary) {
        throw Error(ErrorKind::kInvalid, "the id " + std::to_string(id) +
                                             " is outside the vocabulary of " +
                                             std::to_string(config_.vocabulary));
      }
    }
  }

  std::vector<Sentence> Tokenize(std::span<const std::string_view> texts,
                                 const std::function<bool()>& cancel) const {
    std::vector<Sentence> sentences(texts.size());
    const size_t jobs = (texts.size() + kTextsPerJob - 1) / kTextsPerJob;
    const auto tokenize = [&](size_t number, int) {
      const size_t end = std::min(texts.size(), (number + 1) * kTextsPerJob);
      std::string prompted;
      for (size_t i = number * kTextsPerJob; i < end; ++i) {
        std::string_view text = texts[i];
        if (!config_.prompt.empty()) text = prompted.assign(config_.prompt).append(text);
        sentences[i] = tokenizer_->Encode(text, max_length());
      }
    };
    RunJobs(jobs, threads_, tokenize, cancel);
    return sentences;
  }

  // vectors [sentences.size(), dimension()]
  void Compute(std::span<const Sentence> sentences, float* vectors,
               const std::function<bool()>& cancel) const {
    const std::vector<size_t> order = OrderByLength(sentences);
    const std::vector<Group> groups =
        MakeGroups(sentences, order, static_cast<size_t>(threads_), network_->group_tokens());
    const bool shared = groups.size() == 1;  // the other threads have no group of their own
    std::vector<std::unique_ptr<Network::Workspace>> workspaces(
        std::min(groups.size(), static_cast<size_t>(threads_)));
    const auto compute = [&](size_t number, int worker) {
      std::unique_ptr<Network::Workspace>& workspace = workspaces[static_cast<size_t>(worker)];
      if (workspace == nullptr) workspace = workspaces_.Take();
      const Group& group = groups[number];
      std::vector<const Sentence*> members;
      std::vector<float*> out;
      for (size_t i = group.begin; i < group.end; ++i) {
        members.push_back(&sentences[order[i]]);
        out.push_back(vectors + order[i] * dimension());
      }
      if (whitening_ == nullptr) {
        network_->Run(members, out, shared, workspace.get());
      } else {
        RunAndWhiten(members, out, shared, workspace.get());
      }
      for (float* vector : out) NormaliseVector(vector, dimension());
    };
    RunJobs(groups.size(), threads_, compute, cancel);
    for (auto& workspace : workspaces) workspaces_.Give(std::move(workspace));
  }

  void RunAndWhiten(const std::vector<const Sentence*>& members, const std::vector<float*>& out,
                    bool shared, Network::Workspace* workspace) const {
    const auto width = static_cast<size_t>(config_.hidden);
    std::vector<float> wide(members.size() * width);
    std::vector<float*> rows;
    for (size_t i = 0; i < members.size(); ++i) rows.push_back(&wide[i * width]);
    network_->Run(members, rows, shared, workspace);
    for (size_t i = 0; i < members.size(); ++i) {
      NormaliseVector(rows[i], width);
      whitening_->Apply(rows[i], out[i]);
    }
  }

  // Constant after construction.
  int threads_;
  Precision computed_in_;
  BertConfig config_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::unique_ptr<const Network> network_;
  std::unique_ptr<const Whitening> whitening_;  // nullptr: none
  // Guards itself.
  mutable Workspaces workspaces_;
};

}  // namespace

std::vector<float> UnitPrefix(std::span<const float> vector, size_t dims) {
  const auto beginning = vector.first(std::min(dims, vector.size()));
  std::vector<float> prefix(beginning.begin(), beginning.end());
  NormaliseVector(prefix.data(), prefix.size());
  return prefix;
}

std::shared_ptr<const Encoder> Encoder::Load(const ModelPackage& package,
                                             const EncoderOptions& options) {
  if (options.threads < 0 || options.threads > kMostThreads) {
    throw Error(ErrorKind::kInvalid, "threads must be 0 to " + std::to_string(kMostThreads));
  }
  return std::make_shared<PackageEncoder>(package, options);
}

}  // namespace semblance::encoder
