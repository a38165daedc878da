// Which kind of segment rows are put in.
#pragma once

#include <cstdint>

#include "engine/collection.h"

namespace semblance::engine {

// Rows of a segment; below it an exact scan is as quick as a graph or lists.
inline constexpr uint64_t kGraphFrom = 2000;
// Of all rows with index=auto: below it exact scans take about a millisecond, and miss nothing.
inline constexpr uint64_t kAutomaticGraphFrom = 20000;

// Of a segment of `rows` rows of a collection that has `all`. Of options.automatic: exact while all
// are below kAutomaticGraphFrom rows, a graph while one of `all` rows fits the memory limit, else
// lists.
index::Kind ChooseKind(const CollectionOptions& options, uint64_t rows, uint64_t all);

// What a segment of that kind keeps: pq is of lists only, elsewhere 8-bit codes stand for it; and
// lists that were chosen for want of memory keep those where options name no quantization.
index::Quantization QuantizationOf(const CollectionOptions& options, index::Kind kind);

// Memory that a graph of so many rows takes, nearly.
uint64_t GraphBytes(const CollectionOptions& options, uint64_t rows);

// options.memory_limit, or a quarter of the machine's memory.
uint64_t MemoryLimit(const CollectionOptions& options);

}  // namespace semblance::engine
