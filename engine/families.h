// The column families of a Semblance store and the keys in them: every byte that engine/ writes.
// Numbers in keys are big-endian (storage/keys.h), so keys sort by number; `collection` is a random
// 64-bit id.
//
//   meta      "collection/" collection            manifest, JSON (engine/manifest.h)
//             "commit/" collection                u64 its newest commit, u64 that commit's stamp
//                                                 (LastCommit in engine/manifest.h)
//             "gone/" collection                  no table names it any more, and its rows are
//                                                 removed, or will be: u64 its newest commit, or
//                                                 empty
//             "undone/" collection                u64 pairs: commits after the first, up to the
//                                                 second, were undone (engine/undone_commits.h)
//   rows      collection  row_id  ~commit         one version of a row: byte 'V' + f32[dimension],
//                                                 or byte 'D' (deleted)
//   log       collection  commit  row_id          this commit wrote this row: u64 the stamp of the
//                                                 commit before it. Entries that the segments
//                                                 cover, and that are older than the history kept,
//                                                 are removed
//   segments  collection  segment  "s"            blob: the segment (index/segment_format.h)
//             collection  segment  "d"            its dead positions, one bit each, as of the
//             manifest's `covered`
//             collection  segment  "c"            of a quantized one, or one of lists: the commits
//                                                 that wrote its rows (engine/row_commits.h)
//   models    "model/" name 0 version             JSON: id, dimension, pooler, max_length, created,
//   record
//             "file/" id "/" file name            blob: one file of a model package
//             "precision/" id                     JSON: chosen, measured (model_precision.h)
//   runs      "run/" run                          JSON: name, base, query, options, status, times
//             "metric/" run  sequence             JSON: one report of the trainer
//             "checkpoint/" run                   blob: what a run that is not done goes on from
#pragma once

#include <string>
#include <vector>

#include "storage/store.h"

namespace semblance::engine {

// Frozen order: positions are storage::Family values, names are on disk.
inline constexpr storage::Family kMeta = 0;
inline constexpr storage::Family kRows = 1;
inline constexpr storage::Family kLog = 2;
inline constexpr storage::Family kSegments = 3;
inline constexpr storage::Family kModels = 4;
inline constexpr storage::Family kRuns = 5;

inline std::vector<std::string> FamilyNames() {
  return {"meta", "rows", "log", "segments", "models", "runs"};
}

}  // namespace semblance::engine
