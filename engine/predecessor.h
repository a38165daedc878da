// What a collection had in memory when its Database was let go, for the collection of the same id
// in a Database that is opened next over the same store: segments never change, so that only what
// others have committed since is to be read.
//
// Who goes on from it fills the rest of the last tail block, and marks rows as deleted; both are
// invisible to whoever still reads the old state (collection_state.h), but may be done by one only.
// So a Predecessor has one owner, and is used up by the collection that goes on from it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "engine/collection_state.h"
#include "engine/manifest.h"
#include "engine/undone_commits.h"
#include "engine/vector_cache.h"
#include "index/metric.h"

namespace semblance::engine {

struct Predecessor {
  // It keeps no store open: quantized segments must be given a source of vectors first.
  std::shared_ptr<const CollectionState> state;
  std::optional<Manifest> manifest;  // of the store at that moment
  UndoneCommits undone;
  uint64_t stamp = 0;  // of its newest commit
  uint64_t writes_since_manifest = 0;
  index::Metric metric = index::Metric::kCosine;
  uint32_t dimension = 0;
  std::shared_ptr<VectorCache> vector_cache;
  std::chrono::steady_clock::time_point left{};  // when it was
};

using Predecessors = std::map<uint64_t, std::unique_ptr<Predecessor>>;  // by the collection's id

}  // namespace semblance::engine
