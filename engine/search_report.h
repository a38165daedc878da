// What a search touched, for whoever wants to know; nothing is counted for others.
#pragma once

#include <cstdint>
#include <vector>

#include "index/segment.h"

namespace semblance::engine {

// Of one part of the collection that one pass of a search looked at.
struct PartReport {
  enum class Part { kSegment, kNewest, kUncommitted };  // kNewest: rows that no segment has yet
  Part part = Part::kSegment;
  uint32_t pass = 0;     // a stream looks again when more rows are pulled; from 0
  uint64_t segment = 0;  // its number
  index::Kind kind = index::Kind::kFlat;
  index::Quantization quantization = index::Quantization::kNone;
  uint64_t rows = 0;     // in it, whoever may see them
  uint64_t allowed = 0;  // of them visible and let through by the conditions
  uint64_t found = 0;    // handed on
  index::SearchStats stats;
};

struct GivenRow {
  int64_t row_id;
  float distance;
};

struct SearchReport {
  bool exact = false;  // the pass that a stream gave its first rows of compared every row
  uint32_t passes = 0;
  std::vector<PartReport> parts;  // in the order in which they were looked at
  std::vector<GivenRow> given;    // what a stream has given, nearest first
};

}  // namespace semblance::engine
