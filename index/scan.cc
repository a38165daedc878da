#include "index/scan.h"

#include <algorithm>
#include <cmath>
#include <limits>
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

// Calls `block` with up to kScanBlock allowed positions at a time, in order, and their number.
template <typename Block>
void ForAllowed(uint32_t size, const PositionSet* allowed, Poll poll, Block block) {
  uint32_t positions[kScanBlock] = {};
  uint32_t count = 0;
  const auto add = [&](uint32_t position) {
    positions[count++] = position;
    if (count < kScanBlock) return;
    poll.Block();
    block(positions, count);
    count = 0;
  };
  if (allowed == nullptr) {
    for (uint32_t position = 0; position < size; ++position) add(position);
  } else {
    const std::vector<uint64_t>& words = allowed->words();
    for (size_t w = 0; w < words.size(); ++w) {
      for (uint64_t word = words[w]; word != 0; word &= word - 1) {
        const uint32_t position = static_cast<uint32_t>(w * 64 + __builtin_ctzll(word));
        if (position >= size) break;  // a stray bit behind the last row
        add(position);
      }
    }
  }
  if (count > 0) block(positions, count);
}

template <typename AnyScorer>
void ScanInto(const AnyScorer& scorer, const int64_t* row_ids, uint32_t size,
              const PositionSet* allowed, const SearchOptions& options, TopK& nearest) {
  if (allowed == nullptr) {
    ScanAll(scorer, row_ids, size, Poll(options), nearest);
  } else {
    ForAllowed(size, allowed, Poll(options), [&](const uint32_t* positions, uint32_t count) {
      ScanPositions(scorer, row_ids, positions, count, nearest);
    });
  }
  if (options.stats != nullptr) {
    options.stats->scanned = true;
    options.stats->distances += allowed == nullptr ? size : allowed->Count();
  }
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
  constexpr float kNone = std::numeric_limits<float>::infinity();
  TopK nearest(options.k, AnyScorer::kByCode ? kNone : options.bound);
  ScanInto(scorer, row_ids, size, options.allowed, options, nearest);
  return nearest.Take();
}

template std::vector<Neighbour> Scan(const Scorer&, const int64_t*, uint32_t, const SearchOptions&);
template std::vector<Neighbour> Scan(const CodeScorer&, const int64_t*, uint32_t,
                                     const SearchOptions&);

void CheckCancel(const SearchOptions& options) {
  if (options.cancel != nullptr && (*options.cancel)())
    throw Error(ErrorKind::kInterrupted, "interrupted");
}

void RowsScan::Add(std::span<const int64_t> row_ids, std::span<const float> vectors,
                   const PositionSet* allowed, const RowCodes* codes) {
  if (query_.empty() || query_.size() > kMaxDimension) {
    throw Error(ErrorKind::kInvalid, "a query of " + std::to_string(query_.size()) +
                                         " elements; expected 1 to " +
                                         std::to_string(kMaxDimension));
  }
  if (row_ids.size() > kMaxSegmentSize || vectors.size() != row_ids.size() * query_.size()) {
    throw Error(ErrorKind::kInvalid, std::to_string(vectors.size()) + " elements for " +
                                         std::to_string(row_ids.size()) + " vectors of dimension " +
                                         std::to_string(query_.size()));
  }
  const uint32_t size = static_cast<uint32_t>(row_ids.size());
  CheckAllowed(allowed, size);
  const Scorer scorer(metric_, query_, vectors.data(), Scorer::Rows::kRaw);
  if (options_.k == 0 || size == 0) return;
  if (codes != nullptr && codes->size() == size && std::isfinite(nearest_.bound())) {
    const RowCodeScorer by_code(*codes, query_);
    if (by_code.usable()) return AddByCodes(scorer, by_code, row_ids, allowed);
  }
  ScanInto(scorer, row_ids.data(), size, allowed, options_, nearest_);
}

void RowsScan::AddByCodes(const Scorer& scorer, const RowCodeScorer& codes,
                          std::span<const int64_t> row_ids, const PositionSet* allowed) {
  const auto size = static_cast<uint32_t>(row_ids.size());
  float least[kScanBlock];
  ForAllowed(size, allowed, Poll(options_), [&](const uint32_t* positions, uint32_t count) {
    codes.Least(positions, count, least);
    for (uint32_t i = 0; i < count; ++i) {
      if (least[i] <= nearest_.bound())
        ScanPositions(scorer, row_ids.data(), positions + i, 1, nearest_);
    }
  });
  if (options_.stats == nullptr) return;
  options_.stats->scanned = true;
  options_.stats->distances += allowed == nullptr ? size : allowed->Count();
}

std::vector<Neighbour> ScanNearest(Metric metric, std::span<const float> query,
                                   std::span<const int64_t> row_ids, std::span<const float> vectors,
                                   const SearchOptions& options) {
  RowsScan scan(metric, query, options);
  scan.Add(row_ids, vectors, options.allowed, nullptr);
  return scan.Take();
}

}  // namespace semblance::index
