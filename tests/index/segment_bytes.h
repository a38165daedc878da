// The bytes of segments, to be looked at and damaged.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "index/segment_format.h"
#include "tests/index/memory_stream.h"
#include "tests/index/sample.h"

namespace semblance::index {

inline std::string Saved(const Segment& segment) {
  MemorySink sink;
  segment.Save(sink);
  return sink.bytes;
}

inline std::shared_ptr<const Segment> Loaded(std::string bytes, const Rescoring& rescoring = {}) {
  MemorySource source(std::move(bytes));
  return Segment::Load(source, rescoring);
}

inline void ExpectCorruption(const std::string& bytes, const std::string& what) {
  try {
    Loaded(bytes);
    ADD_FAILURE() << what << " was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCorruption) << what << ": " << error.what();
  }
}

// A few vectors, two of them equal.
inline Sample Small(uint32_t dimension, uint32_t count) {
  Clusters clusters(dimension, 3, 1);
  Sample sample = clusters.DrawMany(count);
  std::copy_n(sample.vectors.begin(), dimension, sample.vectors.begin() + 3 * dimension);
  return sample;
}

template <typename T>
T At(const std::string& bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

template <typename T>
void Put(std::string& bytes, size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

// Where the chunks begin, and the end of the stream.
inline std::vector<size_t> ChunkBorders(const std::string& bytes) {
  std::vector<size_t> borders = {kSegmentHeaderBytes};
  while (borders.back() < bytes.size()) {
    borders.push_back(borders.back() + 16 + At<uint32_t>(bytes, borders.back() + 4));
  }
  return borders;
}

// As an attacker would: all checksums are right again.
inline std::string Sealed(std::string bytes) {
  Put(bytes, 48, SegmentChecksum(bytes.data(), 48, 0));
  const std::vector<size_t> borders = ChunkBorders(bytes);
  for (size_t chunk = 0; chunk + 1 < borders.size(); ++chunk) {
    const size_t length = borders[chunk + 1] - 8 - borders[chunk];
    Put(bytes, borders[chunk + 1] - 8,
        SegmentChecksum(bytes.data() + borders[chunk], length, chunk));
  }
  return bytes;
}

inline std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// Rows 1 and 7 of dimension 2 as version 1 writes them. This must never change.
inline constexpr char kVersion1Flat[] =
    "534d424c53454700010000000001000002000000020000000000000000000000000000000000000000000000"
    "0000000076673e17a479ba17010000001000000001000000000000000700000000000000b7ccb0128854fe06"
    "02000000100000000000803f000000c00000404000008040e64468fdcd0c4860";
inline constexpr char kVersion1Hnsw[] =
    "534d424c53454700010000000101000002000000020000000200000064000000000000000600000000000000"
    "000000004e117998197ff1a0010000001000000001000000000000000700000000000000b7ccb0128854fe06"
    "02000000100000000000803f000000c00000404000008040e64468fdcd0c4860030000000200000003031ae7"
    "203141aa457d040000002000000001000000ffffffffffffffffffffffff00000000ffffffffffffffffffff"
    "ffff46a808c87177c225050000003000000001000000ffffffff01000000ffffffff01000000ffffffff0000"
    "0000ffffffff00000000ffffffff00000000ffffffff4bcaca7fb868bc4d";

// The same rows with 8-bit codes, as the program of version 2 wrote them.
inline constexpr char kVersion2Flat[] =
    "534d424c53454700020000000001010002000000020000000000000000000000000000000000000000000000"
    "0000000017582fe48175d129010000001000000001000000000000000700000000000000b7ccb0128854fe06"
    "0700000008000000000000400000803f641808635f6ab0010800000080000000d68100000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000002a7f00000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000b90b33986091af620900000010000000"
    "0683c13c000020410683c13c000020412160e9faaf2628f9";
inline constexpr char kVersion2Hnsw[] =
    "534d424c53454700020000000101010002000000020000000200000064000000000000000600000000000000"
    "00000000f9e664d5c097adfa010000001000000001000000000000000700000000000000b7ccb0128854fe06"
    "0700000008000000000000400000803f641808635f6ab0010800000080000000d68100000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000002a7f00000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000b90b33986091af620900000010000000"
    "0683c13c000020410683c13c000020412160e9faaf2628f90300000002000000030379b1f75b73741e0a0400"
    "00002000000001000000ffffffffffffffffffffffff00000000ffffffffffffffffffffffff5141f1f393e7"
    "2888050000003000000001000000ffffffff01000000ffffffff01000000ffffffff00000000ffffffff0000"
    "0000ffffffff00000000ffffffffb508862de2a94952";

// And as version 3 writes them: with f16 codes, with their signs, and in two lists.
inline constexpr char kVersion3F16[] =
    "534d424c53454700030000000001020002000000020000000000000000000000000000000000000000000000"
    "00000000aa03cda59cb69cbe010000001000000001000000000000000700000000000000b7ccb0128854fe06"
    "0700000008000000000000400000803f641808635f6ab001080000004000000000b400ba0000000000000000"
    "00000000000000000000000000000000000000000034003a0000000000000000000000000000000000000000"
    "0000000000000000fce50fa581c64b860900000010000000000080400000204100008040000020418ab63699"
    "d875ce62";
inline constexpr char kVersion3Binary[] =
    "534d424c53454700030000000001030002000000020000000000000000000000000000000000000000000000"
    "00000000931932aa067f8a95010000001000000001000000000000000700000000000000b7ccb0128854fe06"
    "0700000008000000000000400000803f641808635f6ab0010800000010000000000000000000000003000000"
    "000000003e67dabd70b397fa0900000010000000c2624a4000002041c2624a4000002041e2b2576f8e865701";
inline constexpr char kVersion3Ivf[] =
    "534d424c53454700030000000201000002000000020000000200000000000000000000000000000000000000"
    "000000009131a79cd99c87de010000001000000001000000000000000700000000000000b7ccb0128854fe06"
    "02000000100000000000803f000000c00000404000008040e64468fdcd0c48600a000000100000000000803f"
    "000000c00000404000008040871350af9f3eea020b0000000c000000000000000100000002000000a1323969"
    "83d5e60f0c0000000800000000000000010000005e1b21413e29e870";

}  // namespace semblance::index
