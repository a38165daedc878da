// Every byte that storage/ writes, in one place. All numbers are big-endian. Enum values, sizes and
// names on this page are frozen: they change only together with kFormatVersion.
//
// The folder
//   A store is one RocksDB database (CURRENT, MANIFEST-*, OPTIONS-*, *.log, *.sst, LOCK, IDENTITY).
//   RocksDB checks each of its blocks and log records by itself; the checksums below are ours, go
//   from end to end, and also find a value that was put under the wrong key or family. No
//   compression: what is kept is vectors, graphs and weights, which do not shrink, and LZ4 would
//   cost time on every flush and compaction to find that out again.
//
// Column families
//   "default"  our own records, below. The caller's families have the names in
//   OpenOptions::families; `Family` is the position in that list. Families the list has and the
//   folder has not are created at open; families the folder has and the list has not mean that a
//   newer program wrote it: kWrongVersion.
//
// Values
//   payload  u64 checksum
//   checksum = XXH3_64(payload, seed = XXH3_64(key, seed = family number)); the family number of
//   "default" is 0xffffffff. Every value of every family has this shape.
//
// Records of "default"
//   "store"                          "SEMBLANC" (8)  u32 kFormatVersion  store id (16 random
//   bytes).
//                                    Later versions may append fields; 28 bytes here.
//   "written"                        u64 bytes given  u64 to logs  u64 to tables: StoreStats, as of
//                                    the last close
//   "memtable"                       empty; means nothing, may come and go
//   (Database::KeepMemtable). "pending/" u32 family blob-key   u8 generation: a blob is being
//   written. Chunks of this
//                                    generation are no blob yet; open removes them and the record.
//
// Blobs (in the caller's family, beside its ordinary records)
//   blob-key                         the header: u8 1 (layout)  u8 generation  u32 chunk bytes
//                                    u64 blob bytes. Its presence is what makes the blob exist.
//   blob-key u32 chunk               one chunk; all but the last hold exactly `chunk bytes`. The
//   top
//                                    bit of the chunk number is the generation, so that replacing a
//                                    blob writes beside the old one and one batch swaps the header.
//                                    Chunks are numbered from 0; an empty blob has none.
//
// Two-phase transactions
//   Prepare writes a record with the transaction's name and its writes to the log, Commit a marker.
//   Logs that hold a prepared transaction without its marker are kept by RocksDB (allow_2pc) until
//   there is one, so a prepared transaction survives any number of opens.
//
// After a power cut
//   The log is replayed up to the first record that is torn (RocksDB's point-in-time recovery).
//   What was written with sync is there; what was not may be missing from the end, never from the
//   middle.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace semblance::storage {

inline constexpr uint32_t kFormatVersion = 1;
inline constexpr std::string_view kStoreMagic = "SEMBLANC";
inline constexpr std::string_view kStoreKey = "store";
inline constexpr std::string_view kMemtableKey = "memtable";
inline constexpr std::string_view kWrittenKey = "written";
inline constexpr std::string_view kPendingPrefix = "pending/";
inline constexpr uint32_t kDefaultFamilyNumber = 0xffffffffu;
inline constexpr size_t kChecksumBytes = 8;
inline constexpr uint32_t kChunkBytes = 256 * 1024;
inline constexpr uint32_t kMaxChunks = 0x7fffffffu;

// The eight bytes that follow a payload.
std::array<char, kChecksumBytes> ChecksumOf(uint32_t family, std::string_view key,
                                            std::string_view payload);

// The payload of `value`, a view into it; nullopt when it is too short or its checksum is wrong.
std::optional<std::string_view> PayloadOf(uint32_t family, std::string_view key,
                                          std::string_view value);

struct StoreHeader {
  uint32_t version = kFormatVersion;
  std::string id;  // 16 bytes
};
std::string EncodeStoreHeader(const StoreHeader& header);
std::optional<StoreHeader> DecodeStoreHeader(std::string_view payload);  // nullopt: no such record

struct BlobHeader {
  uint8_t generation = 0;  // 0 or 1
  uint32_t chunk_bytes = kChunkBytes;
  uint64_t bytes = 0;

  uint64_t chunks() const { return bytes / chunk_bytes + (bytes % chunk_bytes != 0); }
};
std::string EncodeBlobHeader(const BlobHeader& header);
std::optional<BlobHeader> DecodeBlobHeader(std::string_view payload);  // nullopt: no such record

// `chunk` <= kMaxChunks.
std::string ChunkKey(std::string_view blob_key, uint8_t generation, uint32_t chunk);

std::string PendingKey(uint32_t family, std::string_view blob_key);

// The smallest key larger than every key with `prefix`; nullopt when there is none (the prefix is
// empty or all 0xff).
std::optional<std::string> EndOfPrefix(std::string_view prefix);

std::string ToHex(std::string_view bytes);

}  // namespace semblance::storage
