#include "engine/training/evaluation.h"

#include <algorithm>
#include <limits>

#include "engine/training/measures.h"

namespace semblance::training {
namespace {

// Pairs of vectors grow with the square.
constexpr size_t kUniformityTexts = 1024;

}  // namespace

void MeasureDev(const DevSet& dev, size_t dimension, Learner* learner, Report* report) {
  const std::vector<TokenIds> texts(dev.ids.begin(), dev.ids.end());
  const std::vector<float> vectors = learner->Embed(texts, false);
  double highest = -std::numeric_limits<double>::infinity();
  for (const double score : dev.scores) highest = std::max(highest, score);
  std::vector<double> cosines;
  std::vector<float> left, right;
  for (size_t i = 0; i < dev.scores.size(); ++i) {
    const float* a = &vectors[2 * i * dimension];
    const float* b = a + dimension;
    cosines.push_back(Cosine(a, b, dimension));
    if (dev.scores[i] < 0.8 * highest) continue;  // the paper: gold of 4 and more out of 5
    left.insert(left.end(), a, a + dimension);
    right.insert(right.end(), b, b + dimension);
  }
  report->dev_spearman = Spearman(cosines, dev.scores);
  report->alignment = Alignment(left, right, dimension);
  const std::span<const float> sample(vectors.data(),
                                      std::min(texts.size(), kUniformityTexts) * dimension);
  report->uniformity = Uniformity(sample, dimension);
  report->anisotropy = Anisotropy(sample, dimension);
}

void MeasureRows(const Corpus& corpus, size_t rows, size_t dimension, Learner* learner,
                 Report* report) {
  std::vector<TokenIds> first, second;
  std::vector<Corpus::Row> read;
  for (size_t row = 0; row < rows; ++row) {
    read.push_back(corpus.row(row));
    first.push_back(read.back().text(0));
    second.push_back(read.back().text(corpus.columns() > 1 ? 1 : 0));
  }
  const bool single = corpus.columns() == 1;
  const std::vector<float> left = learner->Embed(first, single);
  report->alignment = Alignment(left, learner->Embed(second, single), dimension);
  const std::vector<float> vectors = single ? learner->Embed(first, false) : left;
  report->uniformity = Uniformity(vectors, dimension);
  report->anisotropy = Anisotropy(vectors, dimension);
}

}  // namespace semblance::training
