#include "storage/format.h"

#include <xxhash.h>

#include "storage/error.h"
#include "storage/keys.h"

namespace semblance::storage {
namespace {

constexpr size_t kStoreIdBytes = 16;
constexpr uint8_t kBlobLayout = 1;
constexpr size_t kBlobHeaderBytes = 14;
constexpr uint32_t kGenerationBit = 0x80000000u;
constexpr uint32_t kMaxChunkBytes = 64u << 20;  // a damaged header must not ask for more memory

}  // namespace

std::array<char, kChecksumBytes> ChecksumOf(uint32_t family, std::string_view key,
                                            std::string_view payload) {
  const uint64_t seed = XXH3_64bits_withSeed(key.data(), key.size(), family);
  const uint64_t sum = XXH3_64bits_withSeed(payload.data(), payload.size(), seed);
  std::array<char, kChecksumBytes> bytes;
  for (size_t i = 0; i < kChecksumBytes; ++i) {
    bytes[i] = static_cast<char>(sum >> (56 - 8 * i));
  }
  return bytes;
}

std::optional<std::string_view> PayloadOf(uint32_t family, std::string_view key,
                                          std::string_view value) {
  if (value.size() < kChecksumBytes) return std::nullopt;
  const std::string_view payload = value.substr(0, value.size() - kChecksumBytes);
  const auto sum = ChecksumOf(family, key, payload);
  if (value.substr(payload.size()) != std::string_view(sum.data(), sum.size())) {
    return std::nullopt;
  }
  return payload;
}

std::string EncodeStoreHeader(const StoreHeader& header) {
  std::string payload(kStoreMagic);
  AppendU32(&payload, header.version);
  payload += header.id;
  return payload;
}

std::optional<StoreHeader> DecodeStoreHeader(std::string_view payload) {
  if (payload.size() < kStoreMagic.size() + 4 + kStoreIdBytes) return std::nullopt;
  if (payload.substr(0, kStoreMagic.size()) != kStoreMagic) return std::nullopt;
  payload.remove_prefix(kStoreMagic.size());
  StoreHeader header;
  header.version = TakeU32(&payload);
  header.id = std::string(payload.substr(0, kStoreIdBytes));
  return header;
}

std::string EncodeBlobHeader(const BlobHeader& header) {
  std::string payload;
  payload.push_back(static_cast<char>(kBlobLayout));
  payload.push_back(static_cast<char>(header.generation));
  AppendU32(&payload, header.chunk_bytes);
  AppendU64(&payload, header.bytes);
  return payload;
}

std::optional<BlobHeader> DecodeBlobHeader(std::string_view payload) {
  if (payload.size() != kBlobHeaderBytes) return std::nullopt;
  if (static_cast<uint8_t>(payload[0]) != kBlobLayout) return std::nullopt;
  BlobHeader header;
  header.generation = static_cast<uint8_t>(payload[1]);
  payload.remove_prefix(2);
  header.chunk_bytes = TakeU32(&payload);
  header.bytes = TakeU64(&payload);
  if (header.generation > 1) return std::nullopt;
  if (header.chunk_bytes == 0 || header.chunk_bytes > kMaxChunkBytes) return std::nullopt;
  if (header.chunks() > kMaxChunks) return std::nullopt;
  return header;
}

std::string ChunkKey(std::string_view blob_key, uint8_t generation, uint32_t chunk) {
  std::string key(blob_key);
  AppendU32(&key, chunk | (generation != 0 ? kGenerationBit : 0));
  return key;
}

std::string PendingKey(uint32_t family, std::string_view blob_key) {
  std::string key(kPendingPrefix);
  AppendU32(&key, family);
  key += blob_key;
  return key;
}

std::optional<std::string> EndOfPrefix(std::string_view prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) {
    prefix.remove_suffix(1);
  }
  if (prefix.empty()) return std::nullopt;
  std::string end(prefix);
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

std::string ToHex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    hex.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    hex.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return hex;
}

}  // namespace semblance::storage
