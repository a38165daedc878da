// Work on all cores: blocks of it, taken by threads of our own (hnsw_build.cc says why not
// OpenMP's).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace semblance::index {

// Calls `work` with each of 0 .. count-1 once, on up to `threads` threads, the calling one among
// them. `cancel`, when given, is polled between blocks on the calling thread alone: what it asks
// (SQLite's interrupt flag, say) need not bear other threads. False when it said true; what throws
// is thrown here, the first of it.
bool ParallelBlocks(uint32_t threads, size_t count, const std::function<bool()>& cancel,
                    const std::function<void(size_t)>& work);

}  // namespace semblance::index
