// The last step of a search over codes: candidates measured with their full vectors.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/big_array.h"
#include "index/segment.h"
#include "index/top_k.h"

namespace semblance::index {

// The k nearest of what is added, on metric.h's scale. Reads vectors in batches.
class Rescorer {
 public:
  // `query` and `vectors` are not owned; options.k at least 1, options.bound holds.
  Rescorer(Metric metric, std::span<const float> query, const VectorSource& vectors,
           const SearchOptions& options)
      : metric_(metric),
        query_(query),
        vectors_(vectors),
        nearest_(options.k, options.bound),
        batch_(options.exact ? VectorSource::kBulk : kBatch) {}

  void Add(uint32_t position, int64_t row_id) {
    positions_.push_back(position);
    row_ids_.push_back(row_id);
    if (positions_.size() == batch_) MeasureBatch();
  }
  // Whether a row that is surely no nearer than `least` can be among the k nearest.
  bool MayEnter(float least) const { return least <= nearest_.bound(); }
  // What was added is measured now; otherwise that is done when a batch is full and by Take().
  void MeasureBatch();
  size_t waiting() const { return positions_.size(); }
  uint64_t measured() const { return measured_; }  // vectors read
  std::vector<Neighbour> Take() {
    MeasureBatch();
    return nearest_.Take();
  }

 private:
  static constexpr size_t kBatch = 128;

  const Metric metric_;
  const std::span<const float> query_;
  const VectorSource& vectors_;
  TopK nearest_;
  const size_t batch_;
  uint64_t measured_ = 0;
  std::vector<uint32_t> positions_;
  std::vector<int64_t> row_ids_;
  BigArray<float> rows_;          // [at least positions_.size(), query_.size()]
  std::vector<float> distances_;  // [positions_.size()]
};

}  // namespace semblance::index
