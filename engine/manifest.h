// The record of a collection in family meta: which segments it has and how far they reach.
//
// Opening reads the segments with their dead rows, then replays the log after `covered`: such a
// commit's rows are not in any segment yet. Without a manifest, every row is read from family rows
// instead; that is slower and never wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "index/metric.h"
#include "storage/store.h"

namespace semblance::engine {

struct Manifest {
  std::vector<uint64_t> segments;  // numbers
  uint64_t next_segment = 1;
  uint64_t covered = 0;    // every commit up to this one is in the segments and their dead rows
  uint64_t as_of = 0;      // the commit whose deletions the stored dead rows show; >= covered
  uint64_t kept_from = 0;  // versions that were superseded at or before this commit are gone

  bool operator==(const Manifest&) const = default;
};

std::optional<Manifest> ReadManifest(const storage::Store& store, uint64_t collection);
void WriteManifest(storage::Transaction& transaction, uint64_t collection,
                   const Manifest& manifest);

// The newest commit of a collection whose writes the store has; 0 when there is none.
// `stamp` was drawn for it at random, and tells it from a commit of the same number in another
// history, as a store has that was put back to an earlier state; 0: none was.
struct LastCommit {
  uint64_t number = 0;
  uint64_t stamp = 0;
};
LastCommit ReadLastCommit(const storage::Store& store, uint64_t collection);
void WriteLastCommit(storage::Transaction& transaction, uint64_t collection,
                     const LastCommit& commit);
uint64_t NewStamp();  // never 0

// Everything that the store has of a collection, but the mark that it is gone.
void RemoveCollection(storage::Store* store, uint64_t collection);

}  // namespace semblance::engine
