#include "engine/collection_state.h"

#include <algorithm>
#include <new>

namespace semblance::engine {

std::shared_ptr<float> BlockMemory::Take(size_t numbers) {
  if (!area_ || area_->size() - taken_ < numbers) {
    area_ = std::make_shared<index::BigArray<float>>(numbers);
    taken_ = 0;
  }
  std::shared_ptr<float> block(area_, area_->data() + taken_);
  taken_ += numbers;
  if (taken_ == area_->size()) area_.reset();
  return block;
}

void BlockMemory::Expect(size_t blocks, size_t numbers) {
  area_.reset();
  if (blocks < 2) return;
  area_ = std::make_shared<index::BigArray<float>>(blocks * numbers);
  taken_ = 0;
}

DeletionMarks::DeletionMarks(uint32_t size)
    : marks_(static_cast<uint64_t*>(std::calloc(std::max(size, 1u), sizeof(uint64_t)))) {
  if (!marks_) throw std::bad_alloc();
}

void TailBlock::KeepPromise(index::Metric metric) const {
  auto codes = index::RowCodes::Of(metric, vectors, dimension);
  std::lock_guard lock(mu_);
  codes_ = std::move(codes);
}

SegmentEntry::SegmentEntry(uint64_t number, std::shared_ptr<const index::Segment> segment,
                           std::shared_ptr<const RowCommits> created)
    : number_(number),
      segment_(std::move(segment)),
      created_(std::move(created)),
      marks_(std::make_shared<Marks>(segment_->size())) {
  if (created_) newest_created_ = created_->newest();
}

SegmentEntry::SegmentEntry(const SegmentEntry& other, std::shared_ptr<const index::Segment> segment)
    : number_(other.number_),
      segment_(std::move(segment)),
      created_(other.created_),
      newest_created_(other.newest_created_),
      marks_(other.marks_) {}

std::shared_ptr<SegmentEntry> SegmentEntry::WithVectors(const index::Rescoring& rescoring) const {
  return std::shared_ptr<SegmentEntry>(new SegmentEntry(*this, segment_->WithVectors(rescoring)));
}

uint32_t SegmentEntry::dead_count() const {
  std::lock_guard lock(marks_->mu);
  return marks_->dead_count;
}

void SegmentEntry::MarkDeleted(std::span<const uint32_t> positions, uint64_t commit) {
  if (positions.empty()) return;
  std::lock_guard lock(marks_->mu);
  auto alive = marks_->alive ? std::make_shared<index::PositionSet>(*marks_->alive)
                             : std::make_shared<index::PositionSet>(segment_->size());
  for (uint32_t position : positions) {
    if (!alive->Contains(position)) continue;
    marks_->deleted.Set(position, commit);
    alive->Remove(position);
    ++marks_->dead_count;
  }
  marks_->alive = std::move(alive);
  marks_->last_deletion = std::max(marks_->last_deletion, commit);
}

std::shared_ptr<const index::PositionSet> SegmentEntry::VisiblePositions(uint64_t commit) const {
  {
    std::lock_guard lock(marks_->mu);
    if (commit >= newest_created_ && commit >= marks_->last_deletion) return marks_->alive;
  }
  auto visible = std::make_shared<index::PositionSet>(segment_->size(), false);
  for (uint32_t p = 0; p < segment_->size(); ++p) {
    if (VisibleAt(created(p), deleted(p), commit)) visible->Add(p);
  }
  return visible;
}

index::PositionSet SegmentEntry::Alive() const {
  std::lock_guard lock(marks_->mu);
  return marks_->alive ? *marks_->alive : index::PositionSet(segment_->size());
}

bool CollectionState::ReadsStore() const {
  return std::any_of(segments.begin(), segments.end(), [](const auto& entry) {
    return entry->segment().quantization() != index::Quantization::kNone;
  });
}

bool CollectionState::HasLists() const {
  return std::any_of(segments.begin(), segments.end(), [](const auto& entry) {
    return entry->segment().kind() == index::Kind::kIvf;
  });
}

uint32_t CollectionState::SlotsIn(size_t block) const {
  const uint32_t capacity = tail[block]->capacity;
  const uint64_t before = static_cast<uint64_t>(block) * capacity;
  return static_cast<uint32_t>(std::min<uint64_t>(capacity, tail_count - before));
}

uint64_t CollectionState::AliveCount() const {
  uint64_t count = 0;
  for (const auto& entry : segments) count += entry->segment().size() - entry->dead_count();
  for (size_t b = 0; b < tail.size(); ++b) {
    for (uint32_t s = 0; s < SlotsIn(b); ++s) count += tail[b]->deleted.Get(s) == 0;
  }
  return count;
}

}  // namespace semblance::engine
