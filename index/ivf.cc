#include "index/ivf.h"

#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "index/codes.h"
#include "index/error.h"
#include "index/product_codes.h"
#include "index/scan.h"
#include "index/scorer.h"
#include "index/top_k.h"

namespace semblance::index {
namespace {

[[noreturn]] void Refuse(const std::string& what) {
  throw Error(ErrorKind::kCorruption, "lists: " + what);
}

// Lists by growing distance of their centres, as many as are asked for.
class NearestLists {
 public:
  NearestLists(const IvfLists& lists, Metric metric, std::span<const float> query,
               const SearchOptions& options) {
    const uint32_t count = lists.count();
    CentreDistances own;
    CentreDistances& known = options.centre_distances ? *options.centre_distances : own;
    if (known.centres != lists.centres_id || known.distances.size() != count) {
      known.distances.resize(count);
      const Scorer scorer(metric, query, lists.centres.data(), Scorer::Rows::kRaw);
      scorer.Score(0, count, known.distances.data());
      known.centres = lists.centres_id;
    }
    for (uint32_t list = 0; list < count; ++list) {
      if (lists.begins[list] != lists.begins[list + 1])
        heap_.push_back({known.distances[list], list});
    }
    std::make_heap(heap_.begin(), heap_.end(), Farther);
  }

  size_t left() const { return heap_.size(); }
  uint32_t Take() {
    std::pop_heap(heap_.begin(), heap_.end(), Farther);
    const uint32_t list = heap_.back().list;
    heap_.pop_back();
    return list;
  }

 private:
  struct Entry {
    float distance;
    uint32_t list;
  };
  static bool Farther(const Entry& a, const Entry& b) {
    return a.distance != b.distance ? a.distance > b.distance : a.list > b.list;
  }
  std::vector<Entry> heap_;
};

// What measures the rows of a list.
template <typename AnyScorer>
const AnyScorer& InList(const AnyScorer& scorer, uint32_t) {
  return scorer;
}
ProductTable InList(const ProductScorer& scorer, uint32_t list) { return scorer.InList(list); }

// Offers the allowed rows of a list; gives their number.
template <typename AnyScorer>
class ListScan {
 public:
  ListScan(const IvfLists& lists, const AnyScorer& scorer, std::span<const int64_t> row_ids,
           const SearchOptions& options)
      : lists_(lists), scorer_(scorer), row_ids_(row_ids), options_(options), poll_(options) {}

  uint32_t Run(uint32_t list, TopK& nearest) {
    const auto& in_list = InList(scorer_, list);
    uint32_t met = 0;
    const uint32_t end = lists_.begins[list + 1];
    for (uint32_t first = lists_.begins[list]; first < end;
         first += std::min(kScanBlock, end - first)) {
      poll_.Block();
      const uint32_t count = std::min(kScanBlock, end - first);
      met += options_.allowed == nullptr ? All(in_list, first, count, nearest)
                                         : Allowed(in_list, first, count, nearest);
    }
    return met;
  }

 private:
  template <typename ListScorer>
  uint32_t All(const ListScorer& scorer, uint32_t first, uint32_t count, TopK& nearest) {
    scorer.Score(first, count, distances_);
    for (uint32_t i = 0; i < count; ++i) Offer(first + i, distances_[i], nearest);
    return count;
  }
  template <typename ListScorer>
  uint32_t Allowed(const ListScorer& scorer, uint32_t first, uint32_t count, TopK& nearest) {
    uint32_t slots[kScanBlock];
    uint32_t allowed = 0;
    for (uint32_t slot = first; slot < first + count; ++slot) {
      if (options_.allowed->Contains(lists_.positions[slot])) slots[allowed++] = slot;
    }
    const RowOrder order = allowed * 2 >= count ? RowOrder::kInOrder : RowOrder::kScattered;
    scorer.ScoreAt(slots, allowed, distances_, order);
    for (uint32_t i = 0; i < allowed; ++i) Offer(slots[i], distances_[i], nearest);
    return allowed;
  }
  void Offer(uint32_t slot, float distance, TopK& nearest) {
    if (distance > nearest.bound()) return;
    const uint32_t position = lists_.positions[slot];
    nearest.Offer({row_ids_[position], distance, position});
  }

  const IvfLists& lists_;
  const AnyScorer& scorer_;
  const std::span<const int64_t> row_ids_;
  const SearchOptions& options_;
  Poll poll_;
  float distances_[kScanBlock];
};

// Rows met for each that is asked for, or the farthest of those found are only the nearest of a few
// lists.
constexpr uint64_t kMetForEach = 4;

// How many lists to look into at least.
size_t Probes(const SearchOptions& options, uint64_t allowed, uint64_t size) {
  const double share = static_cast<double>(allowed) / static_cast<double>(size);
  return static_cast<size_t>(
      std::ceil(std::max<uint32_t>(options.nprobe, 1) / std::sqrt(std::max(share, 1e-9))));
}

}  // namespace

void CheckLists(const IvfLists& lists, uint32_t size) {
  if (lists.count() == 0) {
    if (size != 0) Refuse("none for " + std::to_string(size) + " rows");
    return;
  }
  if (lists.begins[0] != 0 || lists.begins[lists.count()] != size)
    Refuse("other rows than there are");
  std::vector<bool> met(size, false);
  for (uint32_t list = 0; list < lists.count(); ++list) {
    const uint32_t end = lists.begins[list + 1];
    if (lists.begins[list] > end || end > size) Refuse("beginnings that do not ascend");
    for (uint32_t slot = lists.begins[list]; slot < end; ++slot) {
      const uint32_t position = lists.positions[slot];
      if (position >= size || met[position]) Refuse("a row that is not there, or twice");
      if (slot != lists.begins[list] && lists.positions[slot - 1] > position)
        Refuse("rows that do not ascend");
      met[position] = true;
    }
  }
  for (float element : lists.centres.span()) {
    if (!std::isfinite(element)) Refuse("a centre that is not finite");
  }
}

void NameCentres(IvfLists& lists) {
  lists.centres_id = XXH3_64bits(lists.centres.data(), lists.centres.bytes());
}

void NumberSlots(IvfLists& lists) {
  lists.slots = BigArray<uint32_t>(lists.positions.size());
  for (uint32_t slot = 0; slot < lists.positions.size(); ++slot) {
    lists.slots[lists.positions[slot]] = slot;
  }
}

template <typename AnyScorer>
std::vector<Neighbour> SearchLists(const IvfLists& lists, Metric metric,
                                   std::span<const float> query, const AnyScorer& scorer,
                                   std::span<const int64_t> row_ids, const SearchOptions& options) {
  const uint64_t size = row_ids.size();
  const uint64_t allowed = options.allowed == nullptr ? size : options.allowed->Count();
  if (options.k == 0 || allowed == 0) return {};
  NearestLists near(lists, metric, query, options);
  const size_t probes = options.exact ? lists.count() : Probes(options, allowed, size);
  const uint64_t enough = std::min<uint64_t>(uint64_t{options.k} * kMetForEach, allowed);
  ListScan scan(lists, scorer, row_ids, options);
  TopK nearest(options.k);
  uint64_t met = 0;
  size_t looked_into = 0;
  for (; near.left() > 0 && met < allowed && (looked_into < probes || met < enough);
       ++looked_into) {
    met += scan.Run(near.Take(), nearest);
  }
  if (options.stats != nullptr) {
    options.stats->lists += static_cast<uint32_t>(looked_into);
    // Those left need not count when every allowed row was met.
    if (met < allowed) options.stats->lists_left += static_cast<uint32_t>(near.left());
    options.stats->distances += met;
  }
  return nearest.Take();
}

template std::vector<Neighbour> SearchLists(const IvfLists&, Metric, std::span<const float>,
                                            const Scorer&, std::span<const int64_t>,
                                            const SearchOptions&);
template std::vector<Neighbour> SearchLists(const IvfLists&, Metric, std::span<const float>,
                                            const CodeScorer&, std::span<const int64_t>,
                                            const SearchOptions&);
template std::vector<Neighbour> SearchLists(const IvfLists&, Metric, std::span<const float>,
                                            const ProductScorer&, std::span<const int64_t>,
                                            const SearchOptions&);

}  // namespace semblance::index
