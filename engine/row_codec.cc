#include "engine/row_codec.h"

#include <charconv>
#include <cstring>

#include "engine/error.h"
#include "storage/keys.h"

namespace semblance::engine {

std::string CollectionPrefix(uint64_t collection) {
  std::string key;
  storage::AppendU64(&key, collection);
  return key;
}

std::string RowBase(uint64_t collection, int64_t row_id) {
  std::string key = CollectionPrefix(collection);
  storage::AppendI64(&key, row_id);
  return key;
}

std::string RowKey(uint64_t collection, int64_t row_id, uint64_t commit) {
  return storage::VersionedKey(RowBase(collection, row_id), commit);
}

std::string LogKey(uint64_t collection, uint64_t commit, int64_t row_id) {
  std::string key = CollectionPrefix(collection);
  storage::AppendU64(&key, commit);
  storage::AppendI64(&key, row_id);
  return key;
}

std::string SegmentKey(uint64_t collection, uint64_t segment, char part) {
  std::string key = CollectionPrefix(collection);
  storage::AppendU64(&key, segment);
  key += part;
  return key;
}

std::string ManifestKey(uint64_t collection) {
  return "collection/" + CollectionPrefix(collection);
}
std::string LastCommitKey(uint64_t collection) { return "commit/" + CollectionPrefix(collection); }
std::string GoneKey(uint64_t collection) { return "gone/" + CollectionPrefix(collection); }
std::string UndoneKey(uint64_t collection) { return "undone/" + CollectionPrefix(collection); }

std::string Hex(uint64_t number) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex(16, '0');
  for (int i = 15; i >= 0; --i, number >>= 4) hex[i] = kDigits[number & 15];
  return hex;
}

uint64_t FromHex(std::string_view hex) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), number, 16);
  if (error != std::errc() || end != hex.data() + hex.size() || hex.size() != 16) {
    throw Error(ErrorKind::kCorruption,
                "an id of 16 hex digits was expected, not '" + std::string(hex) + "'");
  }
  return number;
}

std::string EncodeStamp(uint64_t stamp) {
  std::string value;
  storage::AppendU64(&value, stamp);
  return value;
}

LogEntry ParseLogKey(std::string_view key) {
  storage::TakeU64(&key);
  const uint64_t commit = storage::TakeU64(&key);
  return {commit, storage::TakeI64(&key)};
}

int64_t RowIdOf(std::string_view row_key) {
  storage::TakeU64(&row_key);
  return storage::TakeI64(&row_key);
}

void EncodeRowInto(std::span<const float> vector, std::string* value) {
  if (vector.empty()) {
    *value = kTombstone;
    return;
  }
  *value = 'V';
  value->append(reinterpret_cast<const char*>(vector.data()), vector.size_bytes());
}

std::optional<std::vector<float>> DecodeVector(std::string_view value, uint32_t dimension) {
  if (value == kTombstone) return std::nullopt;
  std::vector<float> vector(dimension);
  DecodeVectorInto(value, vector);
  return vector;
}

void DecodeVectorInto(std::string_view value, std::span<float> vector) {
  if (value.size() != 1 + vector.size_bytes() || value[0] != 'V') {
    throw Error(ErrorKind::kCorruption, "a stored vector has " + std::to_string(value.size()) +
                                            " bytes where dimension " +
                                            std::to_string(vector.size()) + " was expected");
  }
  std::memcpy(vector.data(), value.data() + 1, vector.size_bytes());
}

}  // namespace semblance::engine
