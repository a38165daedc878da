// Which rows stand in which step.
//
// No text stands twice in a batch (it would be its own negative), unless that is asked for: a row
// whose text is already there waits for a later batch of the epoch.
//
// Where rows carry tags, every combination of them has an equal share of each batch, as long as it
// has rows; when it has none left the others fill its place. Which row of a share is one over
// stands goes round from batch to batch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/training/corpus.h"

namespace semblance::training {

struct BatchPlanOptions {
  size_t batch = 64;
  uint64_t seed = 1;
  // "rows": all rows shuffled. "batches": neighbouring rows share a batch, batches are shuffled.
  // "none": as given. With tags the order is that of each combination's rows, and "rows" shuffles
  // the batches too, so that those made after a combination has run out do not all come last.
  std::string shuffle = "rows";
  bool no_duplicates = true;
};

// The batches of one epoch over the rows `first` .. corpus.rows() - 1, each of row numbers; every
// batch but the last few is full, none has fewer than two rows.
std::vector<std::vector<uint32_t>> PlanEpoch(const Corpus& corpus, size_t first, int epoch,
                                             const BatchPlanOptions& options);

// Sentences as the network takes them: sorted by length, and all of a length next to each other, so
// that no padding is computed. `source[i]` is the number, in the given order, of the i-th packed
// sentence.
struct PackedBatch {
  struct Group {
    int64_t first_token = 0;
    int64_t sentences = 0;
    int64_t length = 0;  // tokens of each
  };
  std::vector<int64_t> ids;        // [tokens]
  std::vector<int64_t> positions;  // [tokens], 0 at the start of each sentence
  std::vector<Group> groups;
  std::vector<int64_t> source;  // [sentences]
};
PackedBatch Pack(const std::vector<TokenIds>& sentences);

}  // namespace semblance::training
