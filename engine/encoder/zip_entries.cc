#include "engine/encoder/zip_entries.h"

#include <algorithm>
#include <cstdint>

namespace semblance::encoder {
namespace {

constexpr std::string_view kLocalSign = "PK\3\4";
constexpr std::string_view kCentralSign = "PK\1\2";
constexpr std::string_view kEndSign = "PK\5\6";
constexpr std::string_view kEnd64Sign = "PK\6\6";
constexpr std::string_view kLocatorSign = "PK\6\7";
constexpr size_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kEnd64Bytes = 56;
constexpr size_t kLocatorBytes = 20;
constexpr size_t kLongestComment = 65535;
constexpr uint16_t kEncrypted = 1;
constexpr uint16_t kExtra64 = 1;
constexpr uint32_t kSee64 = 0xffffffff;

[[noreturn]] void Corrupt(const std::string& message) {
  throw Error(ErrorKind::kCorruption, "zip container: " + message);
}

// `bytes` little-endian bytes; the caller has checked that they are there.
uint64_t Number(std::string_view from, size_t at, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) {
    value |= static_cast<uint64_t>(static_cast<unsigned char>(from[at + i])) << (8 * i);
  }
  return value;
}

// `count` bytes from `at`, all of them in the file.
std::string_view Part(std::string_view bytes, uint64_t at, uint64_t count, const char* what) {
  if (at > bytes.size() || count > bytes.size() - at) Corrupt(std::string(what) + " is cut off");
  return bytes.substr(at, count);
}

struct Directory {
  uint64_t count = 0, size = 0, offset = 0;
};

size_t FindEnd(std::string_view bytes) {
  if (bytes.size() < kEndBytes) Corrupt("the file is cut off");
  const size_t last = bytes.size() - kEndBytes;
  const size_t first = last > kLongestComment ? last - kLongestComment : 0;
  for (size_t at = last + 1; at-- > first;) {
    if (bytes.substr(at, 4) == kEndSign && Number(bytes, at + 20, 2) == last - at) return at;
  }
  Corrupt("there is no directory at its end; the file is cut off");
}

Directory FindDirectory(std::string_view bytes) {
  const size_t end = FindEnd(bytes);
  Directory directory{Number(bytes, end + 10, 2), Number(bytes, end + 12, 4),
                      Number(bytes, end + 16, 4)};
  if (end >= kLocatorBytes && bytes.substr(end - kLocatorBytes, 4) == kLocatorSign) {
    const uint64_t at = Number(bytes, end - kLocatorBytes + 8, 8);
    const std::string_view record = Part(bytes, at, kEnd64Bytes, "the directory's end");
    if (record.substr(0, 4) != kEnd64Sign) Corrupt("the directory's end is none");
    directory = {Number(record, 32, 8), Number(record, 40, 8), Number(record, 48, 8)};
  }
  return directory;
}

struct Entry {
  uint64_t size = 0, stored = 0, offset = 0;
};

// Sizes that do not fit 32 bits stand in the extra field, in this order, each only if it is needed.
void ReadExtra64(std::string_view extra, Entry* entry) {
  while (extra.size() >= 4) {
    const uint64_t kind = Number(extra, 0, 2), length = Number(extra, 2, 2);
    std::string_view field = Part(extra, 4, length, "an extra field");
    extra.remove_prefix(4 + length);
    if (kind != kExtra64) continue;
    for (uint64_t* value : {&entry->size, &entry->stored, &entry->offset}) {
      if (*value != kSee64) continue;
      *value = Number(Part(field, 0, 8, "a 64-bit size"), 0, 8);
      field.remove_prefix(8);
    }
  }
}

// `bytes`: what stands before the directory.
std::string_view Content(std::string_view bytes, const Entry& entry, const std::string& name) {
  const std::string_view local = Part(bytes, entry.offset, kLocalBytes, "an entry");
  const uint64_t name_length = Number(local, 26, 2), extra_length = Number(local, 28, 2);
  if (local.substr(0, 4) != kLocalSign ||
      Part(bytes, entry.offset + kLocalBytes, name_length, "an entry") != name) {
    Corrupt("the directory leads to another entry than it names");
  }
  return Part(bytes, entry.offset + kLocalBytes + name_length + extra_length, entry.size,
              "an entry");
}

}  // namespace

bool IsZip(std::string_view bytes) { return bytes.starts_with(kLocalSign); }

std::map<std::string, std::string_view> ReadZipEntries(std::string_view bytes) {
  const Directory directory = FindDirectory(bytes);
  std::string_view rest = Part(bytes, directory.offset, directory.size, "the directory");
  if (directory.count > rest.size() / kCentralBytes) Corrupt("the directory is cut off");
  std::map<std::string, std::string_view> entries;
  for (uint64_t i = 0; i < directory.count; ++i) {
    const std::string_view head = Part(rest, 0, kCentralBytes, "the directory");
    if (head.substr(0, 4) != kCentralSign) Corrupt("the directory is damaged");
    const uint64_t name_length = Number(head, 28, 2), extra_length = Number(head, 30, 2);
    const uint64_t length = kCentralBytes + name_length + extra_length + Number(head, 32, 2);
    const std::string_view record = Part(rest, 0, length, "the directory");
    rest.remove_prefix(length);
    const std::string name(record.substr(kCentralBytes, name_length));
    Entry entry{Number(head, 24, 4), Number(head, 20, 4), Number(head, 42, 4)};
    ReadExtra64(record.substr(kCentralBytes + name_length, extra_length), &entry);
    if (Number(head, 10, 2) != 0 || (Number(head, 8, 2) & kEncrypted) != 0 ||
        entry.stored != entry.size) {
      throw Error(ErrorKind::kUnsupported,
                  "zip container: an entry is compressed or encrypted; torch.save stores them");
    }
    const std::string_view content = Content(bytes.substr(0, directory.offset), entry, name);
    if (!entries.emplace(name, content).second) Corrupt("an entry's name stands twice");
  }
  return entries;
}

}  // namespace semblance::encoder
