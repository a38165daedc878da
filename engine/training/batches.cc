#include "engine/training/batches.h"

#include <algorithm>
#include <deque>
#include <numeric>
#include <unordered_set>

#include "engine/training/random.h"

namespace semblance::training {
namespace {

constexpr uint64_t kOrderStream = 0x6f72646572;
// Rows that wait because of a repeated text; past this many, more are dropped for the epoch.
constexpr size_t kMostWaiting = 1 << 16;

// One batch being filled; knows the texts it holds.
class Filling {
 public:
  Filling(const Corpus& corpus, const BatchPlanOptions& options)
      : corpus_(corpus), size_(options.batch), no_duplicates_(options.no_duplicates) {}

  bool full() const { return rows_.size() >= size_; }
  bool TryAdd(uint32_t row) {
    if (!no_duplicates_) {
      rows_.push_back(row);
      return true;
    }
    // A hard negative that is another row's positive would pull and push at once, so every column
    // counts.
    std::vector<uint64_t> hashes;
    for (int column = 0; column < corpus_.columns(); ++column) {
      hashes.push_back(corpus_.text_hash(row, column));
      if (texts_.count(hashes.back()) > 0) return false;
    }
    texts_.insert(hashes.begin(), hashes.end());
    rows_.push_back(row);
    return true;
  }
  std::vector<uint32_t> Take() {
    texts_.clear();
    return std::move(rows_);
  }

 private:
  const Corpus& corpus_;
  size_t size_;
  bool no_duplicates_;
  std::vector<uint32_t> rows_;
  std::unordered_set<uint64_t> texts_;
};

}  // namespace

std::vector<std::vector<uint32_t>> PlanEpoch(const Corpus& corpus, size_t first, int epoch,
                                             const BatchPlanOptions& options) {
  Random random(options.seed, kOrderStream + static_cast<uint64_t>(epoch) * 1000003);
  std::vector<uint32_t> order(corpus.rows() - std::min(first, corpus.rows()));
  std::iota(order.begin(), order.end(), static_cast<uint32_t>(first));
  if (options.shuffle == "rows") random.Shuffle(&order);

  std::vector<std::vector<uint32_t>> batches;
  std::deque<uint32_t> waiting;
  size_t next = 0;
  while (next < order.size() || waiting.size() > 1) {
    Filling filling(corpus, options);
    for (size_t tries = waiting.size(); tries > 0 && !filling.full(); --tries) {
      const uint32_t row = waiting.front();
      waiting.pop_front();
      if (!filling.TryAdd(row)) waiting.push_back(row);
    }
    while (next < order.size() && !filling.full()) {
      const uint32_t row = order[next++];
      if (!filling.TryAdd(row) && waiting.size() < kMostWaiting) waiting.push_back(row);
    }
    std::vector<uint32_t> rows = filling.Take();
    if (rows.size() >= 2) {
      batches.push_back(std::move(rows));
    } else if (next >= order.size()) {
      break;  // what waits are copies of one another
    }
  }
  if (options.shuffle == "batches") random.Shuffle(&batches);
  return batches;
}

PackedBatch Pack(const std::vector<TokenIds>& sentences) {
  PackedBatch packed;
  packed.source.resize(sentences.size());
  std::iota(packed.source.begin(), packed.source.end(), int64_t{0});
  std::stable_sort(packed.source.begin(), packed.source.end(), [&](int64_t a, int64_t b) {
    return sentences[static_cast<size_t>(a)].size() < sentences[static_cast<size_t>(b)].size();
  });
  for (const int64_t at : packed.source) {
    const TokenIds ids = sentences[static_cast<size_t>(at)];
    const int64_t length = static_cast<int64_t>(ids.size());
    if (packed.groups.empty() || packed.groups.back().length != length) {
      packed.groups.push_back({static_cast<int64_t>(packed.ids.size()), 0, length});
    }
    ++packed.groups.back().sentences;
    packed.ids.insert(packed.ids.end(), ids.begin(), ids.end());
    for (int64_t position = 0; position < length; ++position) packed.positions.push_back(position);
  }
  return packed;
}

}  // namespace semblance::training
