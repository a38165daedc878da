// The vectors in the bytes of a FAISS index that keeps them as they are: "Flat,IDMap2", what
// sqlite-vss makes unless told otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace semblance::cli {

struct FlatIndex {
  uint64_t dimension = 0;
  bool inner_product = false;  // otherwise squared L2
  std::vector<int64_t> ids;
  std::vector<float> vectors;  // [ids, dimension]
};

// Throws std::runtime_error: with the four letters of the kind where it is another, or where the
// bytes end early or contradict themselves.
FlatIndex ReadFlatIndex(const std::string& bytes);

}  // namespace semblance::cli
