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
      : corpus_(corpus), no_duplicates_(options.no_duplicates) {}

  size_t size() const { return rows_.size(); }
  bool TryAdd(uint32_t row) {
    if (!no_duplicates_) {
      rows_.push_back(row);
      return true;
    }
    // A hard negative that is another row's positive would pull and push at once, so every column
    // counts.
    const std::vector<uint64_t> hashes = corpus_.text_hashes(row);
    for (const uint64_t hash : hashes) {
      if (texts_.count(hash) > 0) return false;
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
  bool no_duplicates_;
  std::vector<uint32_t> rows_;
  std::unordered_set<uint64_t> texts_;
};

// The rows of one combination of tags in the order of the epoch.
class Lane {
 public:
  void Add(uint32_t row) { order_.push_back(row); }
  void Take(std::vector<uint32_t> rows) { order_ = std::move(rows); }
  bool unread() const { return next_ < order_.size(); }
  size_t waiting() const { return waiting_.size(); }
  bool empty() const { return !unread() && waiting_.empty(); }

  // Adds at most `most` rows.
  void Fill(size_t most, Filling* filling) {
    const size_t full = filling->size() + most;
    for (size_t tries = waiting_.size(); tries > 0 && filling->size() < full; --tries) {
      const uint32_t row = waiting_.front();
      waiting_.pop_front();
      if (!filling->TryAdd(row)) waiting_.push_back(row);
    }
    while (unread() && filling->size() < full) {
      const uint32_t row = order_[next_++];
      if (!filling->TryAdd(row) && waiting_.size() < kMostWaiting) waiting_.push_back(row);
    }
  }

 private:
  std::vector<uint32_t> order_;
  size_t next_ = 0;
  std::deque<uint32_t> waiting_;
};

std::vector<Lane> Lanes(const Corpus& corpus, size_t first, const std::string& shuffle,
                        Random* random) {
  std::vector<uint32_t> order(corpus.rows() - std::min(first, corpus.rows()));
  std::iota(order.begin(), order.end(), static_cast<uint32_t>(first));
  if (shuffle == "rows") random->Shuffle(&order);
  std::vector<Lane> lanes(corpus.tag_pairs());
  if (lanes.size() == 1) {
    lanes[0].Take(std::move(order));
    return lanes;
  }
  for (const uint32_t row : order) lanes[corpus.tag_pair(row)].Add(row);
  return lanes;
}

// Shares the room out among the lanes that have rows, and what of it one cannot use among all
// again.
void FillFromAll(size_t size, size_t turn, std::vector<Lane>* lanes, Filling* filling) {
  for (size_t before = size; filling->size() < size && filling->size() != before;) {
    before = filling->size();
    std::vector<Lane*> with_rows;
    for (Lane& lane : *lanes) {
      if (!lane.empty()) with_rows.push_back(&lane);
    }
    if (with_rows.empty()) return;
    const size_t count = with_rows.size(), room = size - before;
    for (size_t i = 0; i < count; ++i) {
      with_rows[(i + turn) % count]->Fill(room / count + (i < room % count ? 1 : 0), filling);
    }
  }
}

}  // namespace

std::vector<std::vector<uint32_t>> PlanEpoch(const Corpus& corpus, size_t first, int epoch,
                                             const BatchPlanOptions& options) {
  Random random(options.seed, kOrderStream + static_cast<uint64_t>(epoch) * 1000003);
  std::vector<Lane> lanes = Lanes(corpus, first, options.shuffle, &random);
  const auto unread = [&] {
    return std::any_of(lanes.begin(), lanes.end(), [](const Lane& lane) { return lane.unread(); });
  };
  const auto waiting = [&] {
    return std::accumulate(lanes.begin(), lanes.end(), size_t{0},
                           [](size_t sum, const Lane& lane) { return sum + lane.waiting(); });
  };
  std::vector<std::vector<uint32_t>> batches;
  while (unread() || waiting() > 1) {
    Filling filling(corpus, options);
    FillFromAll(options.batch, batches.size(), &lanes, &filling);
    std::vector<uint32_t> rows = filling.Take();
    if (rows.size() >= 2) {
      batches.push_back(std::move(rows));
    } else if (!unread()) {
      break;  // what waits are copies of one another
    }
  }
  const bool shuffled =
      options.shuffle == "batches" || (options.shuffle == "rows" && lanes.size() > 1);
  if (shuffled) random.Shuffle(&batches);
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
