#include <algorithm>

#include "storage/database_internal.h"

namespace semblance::storage {
namespace {

// Chunks go to the generation that the blob of this key, if there is one, does not use; Finish
// swaps the header and removes the old chunks in one batch.
class RocksBlobWriter : public BlobWriter {
 public:
  RocksBlobWriter(Database* database, Family family, std::string_view key)
      : database_(*database), family_(family), key_(key) {
    database_.Handle(family_);  // throws for an unknown one
    if (!database_.LockBlob(family_, key_)) {
      throw Error(ErrorKind::kInvalid,
                  database_.Where(family_, key_) + ": this blob is being written already");
    }
    try {
      Begin();
    } catch (...) {
      database_.UnlockBlob(family_, key_);
      throw;
    }
  }

  ~RocksBlobWriter() override {
    if (finished_) return;
    Discard();
    database_.UnlockBlob(family_, key_);
  }

  void Write(std::string_view bytes) override {
    CheckOpen();
    while (!bytes.empty()) {
      const size_t part = std::min(bytes.size(), kChunkBytes - buffer_.size());
      buffer_ += bytes.substr(0, part);
      bytes.remove_prefix(part);
      if (buffer_.size() == kChunkBytes) Flush();
    }
  }

  void Finish() override {
    CheckOpen();
    if (!buffer_.empty()) Flush();
    rocksdb::WriteBatch batch;
    database_.Put(&batch, family_, key_, EncodeBlobHeader(header_));
    if (old_) RemoveChunksOf(*old_, &batch);
    batch.Delete(database_.Handle(kDefaultFamilyNumber), PendingKey(family_, key_));
    database_.Write(&batch, /*sync=*/true, "cannot finish a blob");
    finished_ = true;
    database_.UnlockBlob(family_, key_);
  }

 private:
  void Begin() {
    rocksdb::PinnableSlice pinned;
    if (const auto payload = database_.Read({}, family_, key_, &pinned)) {
      old_ = DecodeBlobHeader(*payload);
      if (!old_) {
        throw Error(ErrorKind::kInvalid,
                    database_.Where(family_, key_) + " holds an ordinary value, not a blob");
      }
      header_.generation = old_->generation ^ 1;
    }
    buffer_.reserve(kChunkBytes);
    rocksdb::WriteBatch batch;
    const char generation = static_cast<char>(header_.generation);
    database_.Put(&batch, kDefaultFamilyNumber, PendingKey(family_, key_), {&generation, 1});
    database_.Write(&batch, /*sync=*/false, "cannot begin a blob");
  }

  void CheckOpen() const {
    if (finished_) {
      throw Error(ErrorKind::kInvalid, database_.Where(family_, key_) + ": the blob is finished");
    }
  }

  void Flush() {
    const uint64_t chunk = header_.bytes / kChunkBytes;
    if (chunk >= kMaxChunks) {
      throw Error(ErrorKind::kInvalid, database_.Where(family_, key_) + ": the blob is too large");
    }
    rocksdb::WriteBatch batch;
    database_.Put(&batch, family_, ChunkKey(key_, header_.generation, static_cast<uint32_t>(chunk)),
                  buffer_);
    database_.Write(&batch, /*sync=*/false, "cannot write a blob");
    header_.bytes += buffer_.size();
    buffer_.clear();
  }

  void RemoveChunksOf(const BlobHeader& header, rocksdb::WriteBatch* batch) {
    for (uint64_t chunk = 0; chunk < header.chunks(); ++chunk) {
      batch->Delete(database_.Handle(family_),
                    ChunkKey(key_, header.generation, static_cast<uint32_t>(chunk)));
    }
  }

  // Best effort: what stays is named by the pending record, and the next open removes it.
  void Discard() noexcept {
    try {
      rocksdb::WriteBatch batch;
      RemoveChunksOf(header_, &batch);
      batch.Delete(database_.Handle(kDefaultFamilyNumber), PendingKey(family_, key_));
      database_.Write(&batch, /*sync=*/false, "cannot remove an unfinished blob");
    } catch (const std::exception&) {
    }
  }

  Database& database_;
  const Family family_;
  const std::string key_;
  std::optional<BlobHeader> old_;
  BlobHeader header_;   // `bytes` counts the chunks written so far
  std::string buffer_;  // the chunk that is not full yet
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<BlobWriter> NewBlobWriter(Database* database, Family family, std::string_view key) {
  return std::make_unique<RocksBlobWriter>(database, family, key);
}

void RemoveChunks(Database* database, rocksdb::WriteBatch* batch, uint32_t family,
                  std::string_view key, uint8_t generation) {
  const std::string first = ChunkKey(key, generation, 0);
  const std::string last = ChunkKey(key, generation, kMaxChunks);
  rocksdb::ColumnFamilyHandle* handle = database->Handle(family);
  const std::unique_ptr<rocksdb::Iterator> it(database->rocks().NewIterator({}, handle));
  for (it->Seek(first); it->Valid() && it->key().compare(last) <= 0; it->Next()) {
    if (it->key().size() == first.size()) batch->Delete(handle, it->key());
  }
  if (!it->status().ok()) Throw(it->status(), database->Where(family, key), "cannot read a blob");
}

void RemoveBlob(Database* database, Family family, std::string_view key) {
  rocksdb::PinnableSlice pinned;
  const auto payload = database->Read({}, family, key, &pinned);
  if (!payload) return;
  const auto header = DecodeBlobHeader(*payload);
  if (!header) {
    throw Error(ErrorKind::kInvalid,
                database->Where(family, key) + " holds an ordinary value, not a blob");
  }
  rocksdb::WriteBatch batch;
  rocksdb::ColumnFamilyHandle* handle = database->Handle(family);
  batch.Delete(handle, ToSlice(key));
  for (uint64_t chunk = 0; chunk < header->chunks(); ++chunk) {
    batch.Delete(handle, ChunkKey(key, header->generation, static_cast<uint32_t>(chunk)));
  }
  database->Write(&batch, /*sync=*/false, "cannot delete a blob");
}

}  // namespace semblance::storage
