#include "engine/neighbour_stream.h"

#include <algorithm>

namespace semblance::engine {
namespace {

constexpr uint64_t kFirstOfUnknown = 64;     // rows of the first search when nobody says how many
constexpr uint64_t kFewNumbers = 16u << 20;  // of all vectors together: compared in 2 or 3 ms
constexpr uint64_t kApproximateMost =
    8192;                       // beyond it one exact pass is cheaper than a graph walk
constexpr uint64_t kWider = 4;  // of each search beyond the first in lists

}  // namespace

NeighbourStream::NeighbourStream(View view, std::vector<float> query, Options options)
    : view_(std::move(view)),
      query_(std::move(query)),
      options_(std::move(options)),
      most_(options_.filter
                ? std::min<uint64_t>(options_.filter->row_ids().size(), view_.VisibleCount())
                : view_.VisibleCount()) {}

std::vector<Found> NeighbourStream::Search(uint64_t k, uint32_t nprobe, bool exact) const {
  ViewSearch search;
  search.filter = options_.filter.get();
  search.k = static_cast<uint32_t>(std::min<uint64_t>(k, UINT32_MAX));
  search.ef = options_.ef;
  search.oversample = options_.oversample;
  search.nprobe = nprobe;
  search.exact = exact;
  search.report = options_.report;
  if (options_.cancel) search.cancel = &options_.cancel;
  SearchReport* const report = options_.report;
  if (report == nullptr) return view_.Search(query_, search);
  const size_t before = report->parts.size();
  std::vector<Found> found = view_.Search(query_, search);
  for (size_t p = before; p < report->parts.size(); ++p) report->parts[p].pass = report->passes;
  ++report->passes;
  return found;
}

void NeighbourStream::Begin() {
  begun_ = true;
  const uint64_t k =
      std::min(most_, std::max<uint64_t>(options_.wanted.value_or(kFirstOfUnknown), 1));
  k_ = k;
  nprobe_ = options_.nprobe;
  bool exact = options_.complete || k > kApproximateMost || k * 4 > most_ ||
               (!options_.wanted && most_ * query_.size() <= kFewNumbers);
  batch_ = Search(k, nprobe_, exact);
  if (!exact && batch_.size() < k) {
    // A part of the graph that the walk did not reach, or rows that are dead.
    exact = true;
    batch_ = Search(k, nprobe_, exact);
  }
  if (options_.report != nullptr) options_.report->exact = exact;
  exact_ = exact;
  complete_ = exact && (batch_.size() < k || k == most_);
}

void NeighbourStream::Continue() {
  for (const Found& row : batch_) given_.insert(row.row_id);
  const Found last = batch_.back();
  const bool widens = !exact_ && view_.state().HasLists();
  do {
    k_ *= kWider;
    nprobe_ = static_cast<uint32_t>(std::min<uint64_t>(uint64_t{nprobe_} * kWider, UINT32_MAX));
    complete_ = !widens || k_ > kApproximateMost || k_ * 4 > most_;
    batch_ = Search(complete_ ? most_ : k_, nprobe_, complete_);
    std::erase_if(batch_, [&](const Found& row) {
      return given_.contains(row.row_id) || row.distance < last.distance ||
             (row.distance == last.distance && row.row_id < last.row_id);
    });
  } while (batch_.empty() && !complete_);
  position_ = 0;
}

std::optional<Found> NeighbourStream::Next() {
  if (most_ == 0) return std::nullopt;
  if (!begun_) Begin();
  if (position_ == batch_.size() && !complete_) Continue();
  if (position_ == batch_.size()) return std::nullopt;
  const Found& found = batch_[position_++];
  if (options_.report != nullptr) options_.report->given.push_back({found.row_id, found.distance});
  return found;
}

}  // namespace semblance::engine
