#include "index/scan.h"

#include <algorithm>
#include <string>

#include "index/codes.h"
#include "index/top_k.h"

namespace semblance::index {
namespace {

template <typename AnyScorer>
void ScanAll(const AnyScorer& scorer, const int64_t* row_ids, uint32_t size, Poll poll,
             TopK& nearest) {
  float distances[kScanBlock];
  for (uint32_t first = 0; first < size;) {
    poll.Block();
    const uint32_t count = std::min(kScanBlock, size - first);
    scorer.Score(first, count, distances);
    for (uint32_t i = 0; i < count; ++i) {
      if (distances[i] - scorer.slack() > nearest.bound()) continue;
      nearest.Offer({row_ids[first + i], scorer.Refined(first + i, distances[i]), first + i});
    }
    first += count;
  }
}

template <typename AnyScorer>
void ScanPositions(const AnyScorer& scorer, const int64_t* row_ids, const uint32_t* positions,
                   uint32_t count, TopK& nearest) {
  if (count == 0) return;
  // Half of the rows, or more, are as good as all: see RowOrder.
  const bool dense = positions[count - 1] - positions[0] < 2 * count;
  float distances[kScanBlock];
  scorer.ScoreAt(positions, count, distances, dense ? RowOrder::kInOrder : RowOrder::kScattered);
  for (uint32_t i = 0; i < count; ++i) {
    if (distances[i] - scorer.slack() > nearest.bound()) continue;
    nearest.Offer(
        {row_ids[positions[i]], scorer.Refined(positions[i], distances[i]), positions[i]});
  }
}

template <typename AnyScorer>
void ScanAllowed(const AnyScorer& scorer, const int64_t* row_ids, uint32_t size,
                 const PositionSet& allowed, Poll poll, TopK& nearest) {
  uint32_t positions[kScanBlock] = {};
  uint32_t count = 0;
  const std::vector<uint64_t>& words = allowed.words();
  for (size_t w = 0; w < words.size(); ++w) {
    for (uint64_t word = words[w]; word != 0; word &= word - 1) {
      const uint32_t position = static_cast<uint32_t>(w * 64 + __builtin_ctzll(word));
      if (position >= size) break;  // a stray bit behind the last row
      positions[count++] = position;
      if (count < kScanBlock) continue;
      poll.Block();
      ScanPositions(scorer, row_ids, positions, count, nearest);
      count = 0;
    }
  }
  ScanPositions(scorer, row_ids, positions, count, nearest);
}

}  // namespace

void CheckAllowed(const PositionSet* allowed, uint32_t size) {
  if (allowed == nullptr || allowed->size() == size) return;
  throw Error(ErrorKind::kInvalid, "the set of allowed positions has " +
                                       std::to_string(allowed->size()) +
                                       " positions, the vectors are " + std::to_string(size));
}

template <typename AnyScorer>
std::vector<Neighbour> Scan(const AnyScorer& scorer, const int64_t* row_ids, uint32_t size,
                            const SearchOptions& options) {
  if (options.k == 0 || size == 0) return {};
  TopK nearest(options.k);
  if (options.allowed == nullptr) {
    ScanAll(scorer, row_ids, size, Poll(options), nearest);
  } else {
    ScanAllowed(scorer, row_ids, size, *options.allowed, Poll(options), nearest);
  }
  if (options.stats != nullptr) {
    options.stats->scanned = true;
    options.stats->distances += options.allowed == nullptr ? size : options.allowed->Count();
  }
  return nearest.Take();
}

template std::vector<Neighbour> Scan(const Scorer&, const int64_t*, uint32_t, const SearchOptions&);
template std::vector<Neighbour> Scan(const CodeScorer&, const int64_t*, uint32_t,
                                     const SearchOptions&);

void CheckCancel(const SearchOptions& options) {
  if (options.cancel != nullptr && (*options.cancel)())
    throw Error(ErrorKind::kInterrupted, "interrupted");
}

std::vector<Neighbour> ScanNearest(Metric metric, std::span<const float> query,
                                   std::span<const int64_t> row_ids, std::span<const float> vectors,
                                   const SearchOptions& options) {
  if (query.empty() || query.size() > kMaxDimension) {
    throw Error(ErrorKind::kInvalid, "a query of " + std::to_string(query.size()) +
                                         " elements; expected 1 to " +
                                         std::to_string(kMaxDimension));
  }
  if (row_ids.size() > kMaxSegmentSize || vectors.size() != row_ids.size() * query.size()) {
    throw Error(ErrorKind::kInvalid, std::to_string(vectors.size()) + " elements for " +
                                         std::to_string(row_ids.size()) + " vectors of dimension " +
                                         std::to_string(query.size()));
  }
  const uint32_t size = static_cast<uint32_t>(row_ids.size());
  CheckAllowed(options.allowed, size);
  const Scorer scorer(metric, query, vectors.data(), Scorer::Rows::kRaw);
  return Scan(scorer, row_ids.data(), size, options);
}

}  // namespace semblance::index
