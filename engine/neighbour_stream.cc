#include "engine/neighbour_stream.h"

#include <algorithm>

namespace semblance::engine {
namespace {
constexpr uint64_t kGrowth = 8;  // each search looks this much further than the one before
constexpr uint64_t kApproximateMost =
    8192;  // beyond it one exact pass is cheaper than a graph walk
}  // namespace

NeighbourStream::NeighbourStream(View view, std::vector<float> query, uint32_t hint, uint32_t ef,
                                 std::shared_ptr<const RowFilter> filter)
    : view_(std::move(view)),
      query_(std::move(query)),
      filter_(std::move(filter)),
      most_(filter_ ? std::min<uint64_t>(filter_->row_ids().size(), view_.VisibleCount())
                    : view_.VisibleCount()),
      ef_(ef),
      next_k_(std::max<uint32_t>(hint, 1)) {}

void NeighbourStream::Widen() {
  for (size_t i = 0; i < position_; ++i) given_.insert(batch_[i].row_id);
  ViewSearch search;
  search.filter = filter_.get();
  search.exact = next_k_ > kApproximateMost || next_k_ * 4 > most_;
  search.k = static_cast<uint32_t>(
      std::min<uint64_t>(search.exact && !given_.empty() ? most_ : next_k_, most_));
  search.ef = ef_;
  batch_ = view_.Search(query_, search);
  complete_ = search.exact ? batch_.size() < search.k || search.k == most_ : false;
  if (!given_.empty())
    std::erase_if(batch_, [&](const Found& row) { return given_.contains(row.row_id); });
  position_ = 0;
  ef_ = static_cast<uint32_t>(std::min<uint64_t>(ef_ * kGrowth, UINT32_MAX));
  next_k_ *= kGrowth;
}

std::optional<Found> NeighbourStream::Next() {
  while (position_ == batch_.size()) {
    if (complete_ || most_ == 0) return std::nullopt;
    Widen();
  }
  return batch_[position_++];
}

}  // namespace semblance::engine
