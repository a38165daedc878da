#include "engine/index_choice.h"

#include <unistd.h>

#include "index/code_kernels.h"

namespace semblance::engine {

uint64_t MemoryLimit(const CollectionOptions& options) {
  if (options.memory_limit != 0) return options.memory_limit;
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  constexpr uint64_t kOtherwise = uint64_t{1} << 32;  // where the machine does not say
  return pages <= 0 || page <= 0 ? kOtherwise
                                 : static_cast<uint64_t>(pages) * static_cast<uint64_t>(page) / 4;
}

uint64_t GraphBytes(const CollectionOptions& options, uint64_t rows) {
  const uint64_t vector =
      options.quantization == index::Quantization::kNone
          ? uint64_t{options.dimension} * sizeof(float)
          : index::CodeStride(options.quantization, options.dimension) + 2 * sizeof(float);
  // Links of the lowest level, and of the upper ones, where one row in m stands; then the level and
  // the row id.
  const uint64_t links = (2 * uint64_t{options.hnsw_m} + 2) * sizeof(uint32_t);
  return rows * (vector + links + 2 * sizeof(uint64_t));
}

index::Quantization QuantizationOf(const CollectionOptions& options, index::Kind kind) {
  using index::Quantization;
  const bool lists = kind == index::Kind::kIvf;
  if (options.quantization == Quantization::kPq && !lists) return Quantization::kSq8;
  if (options.quantization == Quantization::kNone && options.automatic && lists)
    return Quantization::kSq8;
  return options.quantization;
}

index::Kind ChooseKind(const CollectionOptions& options, uint64_t rows, uint64_t all) {
  if (rows < kGraphFrom || (options.automatic && all < kAutomaticGraphFrom))
    return index::Kind::kFlat;
  const bool fits = !options.automatic || GraphBytes(options, all) <= MemoryLimit(options);
  return fits ? options.kind : index::Kind::kIvf;
}

}  // namespace semblance::engine
