#include "storage/keys.h"

#include "storage/error.h"

namespace semblance::storage {
namespace {

constexpr uint64_t kSignBit = uint64_t{1} << 63;
constexpr size_t kCommitBytes = 8;

template <typename T>
void AppendBigEndian(std::string* key, T value) {
  char bytes[sizeof(T)];
  for (size_t i = 0; i < sizeof(T); ++i) {
    bytes[i] = static_cast<char>(value >> (8 * (sizeof(T) - 1 - i)));
  }
  key->append(bytes, sizeof(T));
}

template <typename T>
T TakeBigEndian(std::string_view* rest) {
  if (rest->size() < sizeof(T)) {
    throw Error(ErrorKind::kCorruption, "a key or record ends " +
                                            std::to_string(sizeof(T) - rest->size()) +
                                            " byte(s) before the number it should hold");
  }
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value << 8) | static_cast<unsigned char>((*rest)[i]);
  }
  rest->remove_prefix(sizeof(T));
  return value;
}

}  // namespace

void AppendU32(std::string* key, uint32_t value) { AppendBigEndian(key, value); }
void AppendU64(std::string* key, uint64_t value) { AppendBigEndian(key, value); }
void AppendI64(std::string* key, int64_t value) {
  AppendBigEndian(key, static_cast<uint64_t>(value) ^ kSignBit);
}

uint32_t TakeU32(std::string_view* rest) { return TakeBigEndian<uint32_t>(rest); }
uint64_t TakeU64(std::string_view* rest) { return TakeBigEndian<uint64_t>(rest); }
int64_t TakeI64(std::string_view* rest) {
  return static_cast<int64_t>(TakeBigEndian<uint64_t>(rest) ^ kSignBit);
}

std::string VersionedKey(std::string_view base, uint64_t commit) {
  std::string key;
  key.reserve(base.size() + kCommitBytes);
  key = base;
  AppendU64(&key, ~commit);
  return key;
}

uint64_t CommitOf(std::string_view versioned_key) {
  std::string_view rest = versioned_key.substr(BaseOf(versioned_key).size());
  return ~TakeU64(&rest);
}

std::string_view BaseOf(std::string_view versioned_key) {
  if (versioned_key.size() < kCommitBytes) {
    throw Error(ErrorKind::kCorruption, "a versioned key has no commit number");
  }
  return versioned_key.substr(0, versioned_key.size() - kCommitBytes);
}

std::optional<Versioned> GetAt(const Store& store, Family family, std::string_view base,
                               uint64_t at) {
  const std::unique_ptr<Cursor> cursor = store.Scan(family, base);
  cursor->Seek(VersionedKey(base, at));
  if (!cursor->Valid()) return std::nullopt;
  return Versioned{CommitOf(cursor->Key()), std::string(cursor->Value())};
}

}  // namespace semblance::storage
