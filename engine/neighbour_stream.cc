#include "engine/neighbour_stream.h"

#include <algorithm>

namespace semblance::engine {
namespace {

constexpr uint64_t kFirstOfUnknown = 64;  // rows of the first scan when nobody says how many
constexpr uint64_t kApproximateMost =
    8192;  // beyond it one exact pass is cheaper than a graph walk

}  // namespace

NeighbourStream::NeighbourStream(View view, std::vector<float> query,
                                 std::optional<uint32_t> wanted, uint32_t ef,
                                 std::shared_ptr<const RowFilter> filter)
    : view_(std::move(view)),
      query_(std::move(query)),
      filter_(std::move(filter)),
      most_(filter_ ? std::min<uint64_t>(filter_->row_ids().size(), view_.VisibleCount())
                    : view_.VisibleCount()),
      wanted_(wanted),
      ef_(ef) {}

std::vector<Found> NeighbourStream::Search(uint64_t k, bool exact) const {
  ViewSearch search;
  search.filter = filter_.get();
  search.k = static_cast<uint32_t>(std::min<uint64_t>(k, UINT32_MAX));
  search.ef = ef_;
  search.exact = exact;
  return view_.Search(query_, search);
}

void NeighbourStream::Begin() {
  begun_ = true;
  const uint64_t k =
      std::min<uint64_t>(wanted_ ? std::max<uint32_t>(*wanted_, 1) : kFirstOfUnknown, most_);
  bool exact = !wanted_ || k > kApproximateMost || k * 4 > most_;
  batch_ = Search(k, exact);
  if (!exact && batch_.size() < k) {
    // A part of the graph that the walk did not reach, or rows that are dead.
    exact = true;
    batch_ = Search(k, exact);
  }
  complete_ = exact && (batch_.size() < k || k == most_);
}

void NeighbourStream::Continue() {
  std::unordered_set<int64_t> given;
  for (const Found& row : batch_) given.insert(row.row_id);
  const Found last = batch_.back();
  batch_ = Search(most_, true);
  std::erase_if(batch_, [&](const Found& row) {
    return given.contains(row.row_id) || row.distance < last.distance ||
           (row.distance == last.distance && row.row_id < last.row_id);
  });
  complete_ = true;
  position_ = 0;
}

std::optional<Found> NeighbourStream::Next() {
  if (most_ == 0) return std::nullopt;
  if (!begun_) Begin();
  if (position_ == batch_.size() && !complete_) Continue();
  if (position_ == batch_.size()) return std::nullopt;
  return batch_[position_++];
}

}  // namespace semblance::engine
