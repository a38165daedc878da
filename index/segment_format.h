// The bytes of a segment.
//
// All numbers are little-endian. Two runs of a build, or two machines, may order a graph's links
// differently; everything else of a segment's bytes follows from its rows.
//
// A stream is a header and then sections without gaps. The header is 56 bytes:
//
//   offset  bytes
//    0      8  magic "SMBLSEG\0"
//    8      4  version, 1 to 5: the first that has what the segment needs
//   12      1  kind: 0 flat, 1 HNSW; from version 3 on 2 IVF (segment.h, Kind)
//   13      1  metric: 0 cosine, 1 L2, 2 ip    (metric.h, Metric)
//   14      1  quantization: 0 none; from version 2 on 1 sq8; from version 3 on 2 f16, 3 binary;
//             from version 4 on 4 pq (quantization.h)
//   15      1  zero
//   16      4  dimension, 1 .. 8192
//   20      4  size: number of vectors, 0 .. 2^31 - 1
//   24      4  HNSW: m, 2 .. 128; IVF: number of lists, 1 .. size (0 when size is 0); else 0
//   28      4  HNSW: ef_construction of the build               else 0
//   32      4  HNSW: entry point, 0xffffffff when size is 0     else 0
//   36      4  HNSW: rows in the section "upper links"          else 0
//   40      4  HNSW: 1 if two rows are equal, else 0            else 0
//   44      4  from version 5 on, IVF: f32, mean squared distance of rows to their centres when
//             these were learned, 0 when that was of too few rows to be told; else 0
//   48      8  XXH3_64 of the 48 bytes before it, seed 0
//
// The sections, each of a length that the header fixes; vectors, or else the three of codes (7, 8,
// 9; of pq 13, 8, 9) in their place; levels and links only in a HNSW segment, equal rows only where
// the header says so, lists only in an IVF segment, whose vectors or codes are list by list:
//
//   1  row ids      i64 [size], strictly ascending
//   2  vectors      f32 [size, dimension], finite; of unit length under cosine
//   3  levels       u8 [size], the highest level of each node, 0 .. 63
//   4  base links   u32 [size, 2 m], node numbers, 0xffffffff from the end of a list on
//   5  upper links  u32 [sum of levels, m], node by node, its levels 1, 2, .. in order
//   6  equal rows   u32 [size], the next position whose vector is equal, bit for bit, or
//   0xffffffff;
//                   only the first of equal rows is linked
//   7  centre       f32 [dimension], empty when size is 0; index/codes.h has what 7 to 9 mean
//   8  codes        sq8     i8 [size, dimension rounded up to 64], -127 .. 127, then zeros
//                   f16     f16 [size, dimension rounded up to 16], -1 .. 1, then zeros
//                   binary  bits [size, dimension rounded up to 64], the lowest of a byte first
//                   pq      u8 [size rounded up to 32 in blocks of 32, dimension rounded up to 4
//                           and divided by it, 32], by list; then zeros
//   9  terms        f32 [size, 2]: scale, square; finite, not negative
//  10  centres      f32 [lists, dimension], finite                       index/ivf.h has 10 to 12
//  11  beginnings   u32 [lists + 1], of each list and the end, from 0 to size
//  12  positions    u32 [size], of each row of the lists; ascending in a list
//  13  codebooks    f32 [dimension rounded up to 4, 16], finite      index/product_codes.h
//
// A section is cut into chunks of kChunkBytes, the last one shorter; an empty section has none. A
// chunk is
//
//   4  number of its section
//   4  length of its content in bytes
//   .. content
//   8  XXH3_64 of all the above, seed: the number of the chunk in the stream, from 0
//
// so that a chunk that is damaged, lost, doubled or put elsewhere is noticed before its content is
// looked at. Where the stream ends is known from the header; what follows is not read.
//
// Changes: a new number for the version, and readers keep reading all the old ones.
#pragma once

#include <cstddef>
#include <cstdint>

#include "index/byte_stream.h"
#include "index/segment_data.h"

namespace semblance::index {

inline constexpr uint32_t kSegmentVersion = 5;  // the newest
inline constexpr size_t kSegmentHeaderBytes = 56;
inline constexpr size_t kChunkBytes = size_t{1} << 20;

// The checksum of both: XXH3_64.
uint64_t SegmentChecksum(const void* bytes, size_t count, uint64_t seed);

// What the sink throws passes through.
void WriteSegment(const SegmentData& data, ByteSink& sink);

// Throws kCorruption for anything that WriteSegment would not have written; what the source throws
// passes through. Memory is used for bytes that arrived, not for what a header claims.
SegmentData ReadSegment(ByteSource& source);

}  // namespace semblance::index
