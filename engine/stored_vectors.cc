#include "engine/stored_vectors.h"

#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/families.h"
#include "engine/row_codec.h"

namespace semblance::engine {

void StoredVectors::Read(std::span<const uint32_t> positions, std::span<const int64_t> row_ids,
                         float* out) const {
  const bool bulk = positions.size() >= kBulk;
  std::vector<size_t> missing;
  for (size_t i = 0; i < positions.size(); ++i) {
    if (!bulk && cache_->Find(row_ids[i], (*created_)[positions[i]], out + i * dimension_))
      continue;
    missing.push_back(i);
  }
  if (!missing.empty()) ReadStored(positions, row_ids, missing, out);
}

void StoredVectors::ReadStored(std::span<const uint32_t> positions,
                               std::span<const int64_t> row_ids, std::span<const size_t> which,
                               float* out) const {
  std::vector<std::string> keys;
  keys.reserve(which.size());
  for (size_t i : which) keys.push_back(RowKey(collection_, row_ids[i], (*created_)[positions[i]]));
  const bool bulk = positions.size() >= kBulk;
  const auto caching = bulk ? storage::Store::Caching::kOff : storage::Store::Caching::kOn;
  store_->GetMany(
      kRows, keys,
      [&](size_t key, std::optional<std::string_view> value) {
        const size_t i = which[key];
        if (!value) {
          throw Error(
              ErrorKind::kSnapshotTooOld,
              "the vector of row " + std::to_string(row_ids[i]) +
                  " was superseded and is no longer kept: end the transaction and ask again");
        }
        float* const vector = out + i * dimension_;
        DecodeVectorInto(*value, {vector, dimension_});
        if (!bulk) cache_->Keep(row_ids[i], (*created_)[positions[i]], vector);
      },
      caching);
}

}  // namespace semblance::engine
