// Keys and values of a collection's rows and log; families.h has the picture.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace semblance::engine {

std::string CollectionPrefix(uint64_t collection);         // rows, log, segments
std::string RowBase(uint64_t collection, int64_t row_id);  // without the commit
std::string RowKey(uint64_t collection, int64_t row_id, uint64_t commit);
std::string LogKey(uint64_t collection, uint64_t commit, int64_t row_id);
std::string SegmentKey(uint64_t collection, uint64_t segment, char part);  // 's', 'd' or 'c'
std::string ManifestKey(uint64_t collection);                              // family meta
std::string LastCommitKey(uint64_t collection);                            // family meta
std::string GoneKey(uint64_t collection);                                  // family meta
std::string UndoneKey(uint64_t collection);                                // family meta
std::string Hex(uint64_t number);                                          // 16 digits
uint64_t FromHex(std::string_view hex);  // throws engine::Error kCorruption

// What an entry of the log holds: the stamp of the commit before its own (LastCommit).
std::string EncodeStamp(uint64_t stamp);
struct LogEntry {
  uint64_t commit;
  int64_t row_id;
};
LogEntry ParseLogKey(std::string_view key);
int64_t RowIdOf(std::string_view row_key);

inline const std::string kTombstone = "D";
// A vector, or for an empty one the tombstone, into a string that is used again and again.
void EncodeRowInto(std::span<const float> vector, std::string* value);
// nullopt for a tombstone; throws engine::Error kCorruption when the size is not `dimension`.
std::optional<std::vector<float>> DecodeVector(std::string_view value, uint32_t dimension);
// Throws kCorruption for a tombstone, too.
void DecodeVectorInto(std::string_view value, std::span<float> vector);

}  // namespace semblance::engine
