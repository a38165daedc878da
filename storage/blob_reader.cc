#include <algorithm>
#include <cstring>

#include "storage/database_internal.h"

namespace semblance::storage {
namespace {

class RocksBlobReader : public BlobReader {
 public:
  // Null when there is no blob.
  static std::unique_ptr<BlobReader> Open(const Database& database, Family family,
                                          std::string_view key) {
    auto reader = std::make_unique<RocksBlobReader>(database, family, key);
    if (!reader->ReadHeader()) return nullptr;
    return reader;
  }

  RocksBlobReader(const Database& database, Family family, std::string_view key)
      : database_(database), family_(family), key_(key), snapshot_(&database.rocks()) {
    options_.snapshot = snapshot_.snapshot();
    options_.fill_cache = false;  // read once, from end to end; small values deserve the cache more
  }

  uint64_t size() const override { return header_.bytes; }

  void Read(void* out, size_t bytes) override {
    if (bytes > header_.bytes - position_) {
      throw Error(ErrorKind::kCorruption,
                  database_.Where(family_, key_) + ": the blob has " +
                      std::to_string(header_.bytes) + " bytes, " + std::to_string(bytes) +
                      " more were wanted after byte " + std::to_string(position_));
    }
    char* to = static_cast<char*>(out);
    while (bytes > 0) {
      if (rest_.empty()) LoadChunk(position_);
      const size_t part = std::min(bytes, rest_.size());
      std::memcpy(to, rest_.data(), part);
      rest_.remove_prefix(part);
      to += part;
      bytes -= part;
      position_ += part;
    }
  }

 private:
  bool ReadHeader() {
    rocksdb::PinnableSlice pinned;
    const auto payload = database_.Read(options_, family_, key_, &pinned);
    if (!payload) return false;
    const auto header = DecodeBlobHeader(*payload);
    if (!header) {
      throw Error(ErrorKind::kCorruption, database_.Where(family_, key_) + " holds no blob");
    }
    header_ = *header;
    // Its size is believed only where its end is: who reads makes room for it.
    if (header_.bytes > 0) LoadChunk((header_.chunks() - 1) * header_.chunk_bytes);
    rest_ = {};
    return true;
  }

  // The chunk that begins there, into rest_.
  void LoadChunk(uint64_t position) {
    const auto chunk = static_cast<uint32_t>(position / header_.chunk_bytes);
    const uint64_t expected = std::min<uint64_t>(header_.chunk_bytes, header_.bytes - position);
    const std::string key = ChunkKey(key_, header_.generation, chunk);
    const auto payload = database_.Read(options_, family_, key, &chunk_);
    if (!payload || payload->size() != expected) {
      rest_ = {};
      throw Error(ErrorKind::kCorruption, database_.Where(family_, key_) + ": chunk " +
                                              std::to_string(chunk) +
                                              (payload ? " has the wrong size" : " is missing"));
    }
    rest_ = *payload;
  }

  const Database& database_;
  const Family family_;
  const std::string key_;
  rocksdb::ManagedSnapshot snapshot_;  // the blob as it is now, whoever replaces it
  rocksdb::ReadOptions options_;
  BlobHeader header_;
  uint64_t position_ = 0;  // bytes read so far; a multiple of the chunk size when rest_ is empty
  rocksdb::PinnableSlice chunk_;
  std::string_view rest_;  // of chunk_, not read yet
};

}  // namespace

std::unique_ptr<BlobReader> NewBlobReader(const Database& database, Family family,
                                          std::string_view key) {
  return RocksBlobReader::Open(database, family, key);
}

}  // namespace semblance::storage
