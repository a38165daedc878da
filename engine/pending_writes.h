// What one transaction has written to one collection and not yet committed: an overlay over the
// committed rows, with savepoints.
//
// Owner: the writing connection. Threads: one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "index/big_array.h"
#include "index/row_filter.h"

namespace semblance::engine {

// Embeds texts into vectors [texts.size(), dimension]; throws what the encoder throws.
using EmbedTexts = std::function<std::vector<float>(std::span<const std::string_view>)>;

class PendingWrites {
 public:
  explicit PendingWrites(uint32_t dimension) : dimension_(dimension) {}

  void Put(int64_t row_id, std::span<const float> vector);  // vector.size() == dimension
  // The text's vector is made later, together with others: at the latest by Flush.
  void PutText(int64_t row_id, std::string text);
  void Delete(int64_t row_id);
  void Clear();  // as if new

  size_t waiting_texts() const { return waiting_.size(); }
  // Embeds what waits. When `embed` throws, everything still waits.
  void Flush(const EmbedTexts& embed);

  // SQLite's savepoints, by number, from 0. Setting one sets those outside it that this overlay was
  // not told of (it joined later), and leaves those that are set. Level -1 is the transaction
  // itself, when a SAVEPOINT began it.
  void SetSavepoint(int level);
  void RollbackTo(int level);
  void Release(int level);
  bool has_savepoints() const { return !savepoints_.empty(); }

  bool empty() const { return rows_.empty(); }
  bool Touches(int64_t row_id) const { return rows_.contains(row_id); }
  // A row's uncommitted vector; nullopt when it was deleted or not touched. Flush first.
  std::optional<std::span<const float>> Find(int64_t row_id) const;

  // Calls with every touched row: its vector, or an empty span when it was deleted. Flush first.
  void ForEach(const std::function<void(int64_t, std::span<const float>)>& visit) const;
  size_t size() const { return rows_.size(); }

  // The overlay as arrays to scan: slots that are no longer a row's vector, or wait for it, are
  // outside LiveSlots().
  std::span<const int64_t> slot_row_ids() const { return slot_row_ids_; }
  std::span<const float> slot_vectors() const { return slot_vectors_.span(); }
  index::PositionSet LiveSlots() const;

 private:
  static constexpr uint32_t kDeleted = UINT32_MAX;
  struct Undo {
    int64_t row_id;
    std::optional<uint32_t> slot;  // before; nullopt: the row was not touched
  };

  void Set(int64_t row_id, uint32_t slot);
  uint32_t NewSlot(int64_t row_id);
  float* VectorOf(uint32_t slot) { return slot_vectors_.data() + size_t{slot} * dimension_; }
  const float* VectorOf(uint32_t slot) const {
    return slot_vectors_.data() + size_t{slot} * dimension_;
  }

  const uint32_t dimension_;
  std::unordered_map<int64_t, uint32_t> rows_;  // row id -> slot, or kDeleted
  std::vector<int64_t> slot_row_ids_;
  index::GrowingArray<float> slot_vectors_;  // [slots, dimension]; of a waiting text zeros
  std::vector<std::pair<uint32_t, std::string>> waiting_;
  std::vector<Undo> undo_;
  std::map<int, size_t> savepoints_;  // level -> length of undo_
};

}  // namespace semblance::engine
