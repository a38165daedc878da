// Keys whose byte order is their numeric order, and keys with versions: "reads at a commit number".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/store.h"

namespace semblance::storage {

// Appends big-endian bytes to a key; signed numbers get their sign bit flipped, so that -1 sorts
// before 0.
void AppendU32(std::string* key, uint32_t value);
void AppendU64(std::string* key, uint64_t value);
void AppendI64(std::string* key, int64_t value);

// Reads them back from `*rest` and shortens it; throws kCorruption when too few bytes are left.
uint32_t TakeU32(std::string_view* rest);
uint64_t TakeU64(std::string_view* rest);
int64_t TakeI64(std::string_view* rest);

// A versioned key is `base` followed by the big-endian complement of a commit number, so that the
// newest version comes first. All bases of one family have the same length.
std::string VersionedKey(std::string_view base, uint64_t commit);
uint64_t CommitOf(std::string_view versioned_key);
std::string_view BaseOf(std::string_view versioned_key);

struct Versioned {
  uint64_t commit;
  std::string value;
};
// The newest version of `base` with commit <= `at`; nullopt when there is none. Deletions are
// values that the caller understands (a tombstone), not absent keys.
std::optional<Versioned> GetAt(const Store& store, Family family, std::string_view base,
                               uint64_t at);

}  // namespace semblance::storage
