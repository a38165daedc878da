#include "engine/stored_vectors.h"

#include <cstring>

#include "engine/error.h"
#include "engine/families.h"
#include "engine/row_codec.h"

namespace semblance::engine {

void StoredVectors::Read(std::span<const uint32_t> positions, std::span<const int64_t> row_ids,
                         float* out) const {
  std::vector<std::string> keys;
  keys.reserve(positions.size());
  for (size_t i = 0; i < positions.size(); ++i) {
    keys.push_back(RowKey(collection_, row_ids[i], (*created_)[positions[i]]));
  }
  store_->GetMany(kRows, keys, [&](size_t i, std::optional<std::string_view> value) {
    if (!value) {
      throw Error(ErrorKind::kSnapshotTooOld,
                  "the vector of row " + std::to_string(row_ids[i]) +
                      " was superseded and is no longer kept: end the transaction and ask again");
    }
    DecodeVectorInto(*value, {out + i * dimension_, dimension_});
  });
}

std::string EncodeCreated(const std::vector<uint64_t>& created) {
  return {reinterpret_cast<const char*>(created.data()), created.size() * sizeof(uint64_t)};
}

std::vector<uint64_t> DecodeCreated(std::string_view value) {
  if (value.size() % sizeof(uint64_t) != 0) {
    throw Error(ErrorKind::kCorruption,
                "the commits of a segment's rows are " + std::to_string(value.size()) + " bytes");
  }
  std::vector<uint64_t> created(value.size() / sizeof(uint64_t));
  std::memcpy(created.data(), value.data(), value.size());
  return created;
}

}  // namespace semblance::engine
