// The libraries without SQL: ours, hnswlib, FAISS.
#pragma once

#include <memory>

#include "tools/bench/contender.h"

namespace semblance::bench {

struct GraphOptions {
  uint32_t m = 16;
  uint32_t ef_construction = 100;
  uint32_t threads = 2;  // of the build
};

enum class Shape { kFlat, kGraph };

// index/ called directly: what SQL costs is the difference to the same through SQL. Quantized, it
// reads vectors for rescoring from memory.
std::unique_ptr<Contender> NewIndexContender(Shape shape, bool quantized,
                                             const GraphOptions& options);
std::unique_ptr<Contender> NewFaissContender(Shape shape, const GraphOptions& options);
// nullptr when this program was built without hnswlib.
std::unique_ptr<Contender> NewHnswlibContender(const GraphOptions& options);

}  // namespace semblance::bench
