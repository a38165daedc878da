// Distances between the rows of an array, for building a graph over them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "index/codes.h"
#include "index/metric.h"

namespace semblance::index {

// Smaller is nearer, never NaN, on a scale of its own. Threads: const methods may run concurrently.
class RowMeasure {
 public:
  virtual ~RowMeasure() = default;
  // out[i] from `row` to others[i].
  virtual void Measure(uint32_t row, const uint32_t* others, size_t count, float* out) const = 0;
  virtual void Prefetch(uint32_t row) const = 0;
};

// Of the vectors [size, dimension] themselves; not owned.
std::unique_ptr<RowMeasure> NewVectorMeasure(Metric metric, const float* vectors,
                                             uint32_t dimension);
// Of their 8-bit codes (sq8); not owned.
std::unique_ptr<RowMeasure> NewCodeMeasure(const Codes& codes);

}  // namespace semblance::index
