#include "tools/bench/encoder/workload.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>
#include <stdexcept>

#include "tools/cli/demo_glosses.h"

namespace semblance::bench {
namespace {

constexpr size_t kPeerBatch = 32;  // of Sentence Transformers, where nobody sets another

std::vector<std::string> Lines(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> Glosses(size_t count) {
  std::vector<std::string> texts;
  for (cli::Gloss& gloss : cli::ReadGlosses(cli::kWordNetFolder, count)) {
    texts.push_back(std::move(gloss.text));
  }
  return texts;
}

std::vector<int32_t> DrawIds(size_t count, int64_t vocabulary, std::mt19937_64* random) {
  std::uniform_int_distribution<int32_t> any(0, static_cast<int32_t>(vocabulary - 1));
  std::vector<int32_t> ids(count);
  for (int32_t& id : ids) id = any(*random);
  return ids;
}

}  // namespace

size_t Workload::tokens() const {
  size_t sum = 0;
  for (const auto& sentence : sentences) sum += sentence.size();
  return sum;
}

Workload FixedWorkload(size_t batch, size_t tokens, int64_t vocabulary, uint64_t seed) {
  std::mt19937_64 random(seed);
  Workload workload{std::to_string(batch) + "x" + std::to_string(tokens), {}, batch};
  for (size_t i = 0; i < batch; ++i) {
    workload.sentences.push_back(DrawIds(tokens, vocabulary, &random));
  }
  return workload;
}

Workload RealWorkload(const std::string& file, size_t count, const encoder::Encoder& encoder,
                      uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::string> texts = file.empty() ? Glosses(count) : Lines(file);
  Workload workload{texts.empty() ? "drawn" : "real", {}, kPeerBatch};
  std::shuffle(texts.begin(), texts.end(), random);
  if (texts.size() > count) texts.resize(count);
  const size_t most = encoder.max_length();
  for (const std::string& text : texts) {
    workload.sentences.push_back(encoder.tokenizer().Encode(text, encoder.max_length()));
  }
  std::lognormal_distribution<double> length(2.8, 0.6);
  while (texts.empty() && workload.sentences.size() < count) {
    const auto drawn = static_cast<size_t>(std::lround(length(random)));
    const int64_t vocabulary = encoder.tokenizer().vocabulary_size();
    workload.sentences.push_back(DrawIds(std::clamp<size_t>(drawn, 2, most), vocabulary, &random));
  }
  return workload;
}

double FloatingOperations(const Workload& workload, const encoder::BertConfig& config) {
  const auto width = static_cast<double>(config.hidden);
  const auto inner = static_cast<double>(config.intermediate);
  double sum = 0;
  for (const auto& sentence : workload.sentences) {
    const auto tokens = static_cast<double>(sentence.size());
    const double weights = 4 * width * width + 2 * width * inner;
    sum += 2 * tokens * (weights + 2 * tokens * width);
  }
  return sum * static_cast<double>(config.layers);
}

}  // namespace semblance::bench
