#include "engine/pending_writes.h"

#include <algorithm>

#include "engine/error.h"

namespace semblance::engine {

void PendingWrites::Set(int64_t row_id, uint32_t slot) {
  const auto found = rows_.find(row_id);
  if (!savepoints_.empty()) {
    undo_.push_back(
        {row_id, found == rows_.end() ? std::nullopt : std::optional<uint32_t>(found->second)});
  }
  if (found == rows_.end()) {
    rows_.emplace(row_id, slot);
  } else {
    found->second = slot;
  }
}

uint32_t PendingWrites::NewSlot(int64_t row_id) {
  slot_row_ids_.push_back(row_id);
  try {
    slot_vectors_.Extend(dimension_);
  } catch (const std::bad_alloc&) {
    slot_row_ids_.pop_back();
    throw;
  }
  return static_cast<uint32_t>(slot_row_ids_.size() - 1);
}

void PendingWrites::Put(int64_t row_id, std::span<const float> vector) {
  const uint32_t slot = NewSlot(row_id);
  std::copy(vector.begin(), vector.end(), VectorOf(slot));
  Set(row_id, slot);
}

void PendingWrites::PutText(int64_t row_id, std::string text) {
  const uint32_t slot = NewSlot(row_id);
  std::fill_n(VectorOf(slot), dimension_, 0.0f);
  waiting_.emplace_back(slot, std::move(text));
  Set(row_id, slot);
}

void PendingWrites::Delete(int64_t row_id) { Set(row_id, kDeleted); }

void PendingWrites::Clear() {
  rows_.clear();
  slot_row_ids_.clear();
  slot_vectors_.Clear();
  waiting_.clear();
  undo_.clear();
  savepoints_.clear();
}

void PendingWrites::Flush(const EmbedTexts& embed) {
  std::vector<std::string_view> texts;
  std::vector<uint32_t> slots;
  for (const auto& [slot, text] : waiting_) {
    const auto row = rows_.find(slot_row_ids_[slot]);
    if (row == rows_.end() || row->second != slot) {
      // Overwritten or rolled back. A savepoint may still bring it back, unless there is none.
      if (savepoints_.empty()) continue;
    }
    texts.push_back(text);
    slots.push_back(slot);
  }
  if (!texts.empty()) {
    const std::vector<float> vectors = embed(texts);
    if (vectors.size() != texts.size() * dimension_) {
      throw Error(ErrorKind::kCorruption,
                  "the model gives vectors of another dimension than the table's " +
                      std::to_string(dimension_));
    }
    for (size_t i = 0; i < slots.size(); ++i) {
      std::copy_n(vectors.data() + i * dimension_, dimension_, VectorOf(slots[i]));
    }
  }
  waiting_.clear();
}

void PendingWrites::SetSavepoint(int level) {
  // A table that joins late is told the deepest level only, and a second object of a table joins
  // again at levels that are set: so all levels up to this one, and never one anew.
  for (int outer = 0; outer <= level; ++outer) savepoints_.emplace(outer, undo_.size());
}

void PendingWrites::RollbackTo(int level) {
  if (level < 0) {
    Clear();
    return;
  }
  const auto mark = savepoints_.lower_bound(level);
  if (mark == savepoints_.end()) return;
  const size_t length = mark->second;
  while (undo_.size() > length) {
    const Undo& undo = undo_.back();
    if (undo.slot) {
      rows_[undo.row_id] = *undo.slot;
    } else {
      rows_.erase(undo.row_id);
    }
    undo_.pop_back();
  }
  savepoints_.erase(mark, savepoints_.end());
  savepoints_[level] = length;
}

void PendingWrites::Release(int level) {
  savepoints_.erase(savepoints_.lower_bound(level), savepoints_.end());
  if (savepoints_.empty()) undo_.clear();
}

std::optional<std::span<const float>> PendingWrites::Find(int64_t row_id) const {
  const auto row = rows_.find(row_id);
  if (row == rows_.end() || row->second == kDeleted) return std::nullopt;
  return std::span<const float>(VectorOf(row->second), dimension_);
}

void PendingWrites::ForEach(
    const std::function<void(int64_t, std::span<const float>)>& visit) const {
  for (const auto& [row_id, slot] : rows_) {
    if (slot == kDeleted) {
      visit(row_id, {});
    } else {
      visit(row_id, {VectorOf(slot), dimension_});
    }
  }
}

index::PositionSet PendingWrites::LiveSlots() const {
  index::PositionSet live(static_cast<uint32_t>(slot_row_ids_.size()), false);
  for (const auto& [row_id, slot] : rows_) {
    if (slot != kDeleted) live.Add(slot);
  }
  for (const auto& [slot, text] : waiting_) live.Remove(slot);
  return live;
}

}  // namespace semblance::engine
