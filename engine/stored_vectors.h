// The vectors of a quantized segment, read from its collection's rows in the store.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "engine/row_commits.h"
#include "engine/vector_cache.h"
#include "index/segment.h"
#include "storage/store.h"

namespace semblance::engine {

class StoredVectors final : public index::VectorSource {
 public:
  // created[position]: the commit that wrote the row, which names the version that the segment has.
  StoredVectors(std::shared_ptr<const storage::Store> store, uint64_t collection,
                uint32_t dimension, std::shared_ptr<const RowCommits> created,
                std::shared_ptr<VectorCache> cache)
      : store_(std::move(store)),
        collection_(collection),
        dimension_(dimension),
        created_(std::move(created)),
        cache_(std::move(cache)) {}

  // Throws kSnapshotTooOld for a version that is gone: the row was superseded, and the history that
  // is kept has moved on, while somebody went on searching an older state.
  void Read(std::span<const uint32_t> positions, std::span<const int64_t> row_ids,
            float* out) const override;

 private:
  // The rows positions[i] of `which`, into their places of `out`.
  void ReadStored(std::span<const uint32_t> positions, std::span<const int64_t> row_ids,
                  std::span<const size_t> which, float* out) const;

  const std::shared_ptr<const storage::Store> store_;
  const uint64_t collection_;
  const uint32_t dimension_;
  const std::shared_ptr<const RowCommits> created_;
  const std::shared_ptr<VectorCache> cache_;
};

}  // namespace semblance::engine
