// What a segment consists of: the arrays that are built, searched and written.
#pragma once

#include <cstdint>
#include <optional>

#include "index/big_array.h"
#include "index/codes.h"
#include "index/hnsw_graph.h"
#include "index/ivf.h"
#include "index/product_codes.h"
#include "index/segment.h"

namespace semblance::index {

struct SegmentData {
  Metric metric = Metric::kCosine;
  uint32_t dimension = 0;
  uint32_t ef_construction = 0;  // the graph was built with; 0 without one
  BigArray<int64_t> row_ids;     // [size], ascending
  // [size, dimension], finite; of unit length under cosine; in a segment of lists by slot, not
  // position, and so are codes.
  BigArray<float> vectors;
  std::optional<Codes> codes;  // of `size` rows, instead of vectors, in a quantized segment
  std::optional<ProductCodes> product;  // the same of kPq, only in kIvf
  std::optional<HnswGraph> graph;       // of `size` nodes; only in kHnsw
  std::optional<IvfLists> lists;        // of `size` rows; only in kIvf

  Quantization quantization() const {
    return codes ? codes->quantization : product ? Quantization::kPq : Quantization::kNone;
  }
  uint32_t size() const { return static_cast<uint32_t>(row_ids.size()); }
};

}  // namespace semblance::index
