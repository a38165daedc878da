// The bytes of segments: round trips, streams of each version that must stay readable, and every
// damage that can be done.
#include "index/segment_format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "tests/index/memory_stream.h"
#include "tests/index/sample.h"

namespace semblance::index {
namespace {

std::string Saved(const Segment& segment) {
  MemorySink sink;
  segment.Save(sink);
  return sink.bytes;
}

std::shared_ptr<const Segment> Loaded(std::string bytes, const Rescoring& rescoring = {}) {
  MemorySource source(std::move(bytes));
  return Segment::Load(source, rescoring);
}

void ExpectCorruption(const std::string& bytes, const std::string& what) {
  try {
    Loaded(bytes);
    ADD_FAILURE() << what << " was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCorruption) << what << ": " << error.what();
  }
}

// A few vectors, two of them equal.
Sample Small(uint32_t dimension, uint32_t count) {
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
std::vector<size_t> ChunkBorders(const std::string& bytes) {
  std::vector<size_t> borders = {kSegmentHeaderBytes};
  while (borders.back() < bytes.size()) {
    borders.push_back(borders.back() + 16 + At<uint32_t>(bytes, borders.back() + 4));
  }
  return borders;
}

// As an attacker would: all checksums are right again.
std::string Sealed(std::string bytes) {
  Put(bytes, 48, SegmentChecksum(bytes.data(), 48, 0));
  const std::vector<size_t> borders = ChunkBorders(bytes);
  for (size_t chunk = 0; chunk + 1 < borders.size(); ++chunk) {
    const size_t length = borders[chunk + 1] - 8 - borders[chunk];
    Put(bytes, borders[chunk + 1] - 8,
        SegmentChecksum(bytes.data() + borders[chunk], length, chunk));
  }
  return bytes;
}

class SegmentBytes : public testing::TestWithParam<std::tuple<Variant, Metric>> {
 protected:
  SegmentOptions OptionsFor(const Sample& sample) const {
    return Options(std::get<0>(GetParam()), std::get<1>(GetParam()), sample.dimension,
                   sample.row_ids, sample.vectors);
  }
  // So many of 4096 dimensions are more than a chunk of vectors or codes.
  uint32_t MoreThanAChunk() const {
    switch (std::get<0>(GetParam()).quantization) {
      case Quantization::kSq8:
        return 600;
      case Quantization::kF16:
        return 300;
      case Quantization::kBinary:
        return 2100;
      default:
        return 150;
    }
  }

  std::shared_ptr<const Segment> Build(const Sample& sample) {
    const SegmentOptions options = OptionsFor(sample);
    rescoring_ = options.rescoring;
    return Segment::Build(options, sample.row_ids, sample.vectors);
  }
  // With the vectors of the sample that was built from last.
  std::shared_ptr<const Segment> Again(const std::string& bytes) const {
    return Loaded(bytes, rescoring_);
  }

  Rescoring rescoring_;
};

TEST_P(SegmentBytes, ComeBackAsTheSameSegment) {
  for (uint32_t count : {4u, 700u}) {
    const Sample sample = Small(40, count);
    const auto segment = Build(sample);
    const std::string bytes = Saved(*segment);
    const auto again = Again(bytes);
    EXPECT_EQ(again->kind(), segment->kind());
    EXPECT_EQ(again->metric(), segment->metric());
    EXPECT_EQ(again->dimension(), segment->dimension());
    ASSERT_EQ(again->size(), segment->size());
    EXPECT_EQ(again->memory_bytes(), segment->memory_bytes());
    for (uint32_t i = 0; i < count; ++i) {
      EXPECT_EQ(again->row_id(i), segment->row_id(i));
      EXPECT_EQ(VectorAt(*again, i), VectorAt(*segment, i));
      EXPECT_EQ(again->Find(sample.row_ids[i]), i);
    }
    EXPECT_EQ(Saved(*again), bytes);
  }
}

TEST_P(SegmentBytes, ComeBackWithTheSameAnswers) {
  Clusters clusters(16, 20, 2);
  const auto segment = Build(clusters.DrawMany(2500));
  const auto again = Again(Saved(*segment));
  for (int i = 0; i < 50; ++i) {
    const std::vector<float> query = clusters.Draw();
    const auto before = segment->Search(query, {.k = 9, .ef = 12});
    const auto after = again->Search(query, {.k = 9, .ef = 12});
    ASSERT_EQ(after.size(), before.size());
    for (size_t j = 0; j < before.size(); ++j) {
      EXPECT_EQ(after[j].row_id, before[j].row_id);
      EXPECT_EQ(after[j].distance, before[j].distance);
    }
  }
}

TEST_P(SegmentBytes, OfAnEmptySegmentComeBack) {
  Sample sample;
  sample.dimension = 3;
  const std::string bytes = Saved(*Build(sample));
  EXPECT_EQ(bytes.size(), kSegmentHeaderBytes);
  const auto again = Again(bytes);
  EXPECT_EQ(again->size(), 0u);
  EXPECT_TRUE(again->Search(std::vector<float>{1, 2, 3}, {}).empty());
}

TEST_P(SegmentBytes, SpanSeveralChunks) {
  const Sample sample = Small(4096, MoreThanAChunk());
  const auto segment = Build(sample);
  const std::string bytes = Saved(*segment);
  EXPECT_GE(ChunkBorders(bytes).size(), 5u);
  EXPECT_EQ(Saved(*Again(bytes)), bytes);
  for (size_t border : ChunkBorders(bytes)) {
    if (border == bytes.size()) continue;
    ExpectCorruption(bytes.substr(0, border), "a stream cut at " + std::to_string(border));
    ExpectCorruption(bytes.substr(0, border + 5), "a stream cut in a chunk's header");
  }
}

TEST_P(SegmentBytes, MayBeFollowedByOthers) {
  const std::string bytes = Saved(*Build(Small(5, 9)));
  MemorySource source(bytes + bytes);
  EXPECT_EQ(Segment::Load(source, rescoring_)->size(), 9u);
  EXPECT_EQ(source.position(), bytes.size());
  EXPECT_EQ(Segment::Load(source, rescoring_)->size(), 9u);
}

TEST_P(SegmentBytes, CutAnywhereAreRefused) {
  const std::string bytes = Saved(*Build(Small(2, 6)));
  for (size_t length = 0; length < bytes.size(); ++length) {
    ExpectCorruption(bytes.substr(0, length), std::to_string(length) + " bytes");
  }
}

TEST_P(SegmentBytes, WithAnyByteChangedAreRefused) {
  const std::string bytes = Saved(*Build(Small(2, 6)));
  std::mt19937 random(3);
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int bit : {0, 7, static_cast<int>(1 + random() % 6)}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      ExpectCorruption(changed, "byte " + std::to_string(i) + ", bit " + std::to_string(bit));
    }
  }
}

// Right checksums over wrong content: whatever is taken must still be safe to search.
TEST_P(SegmentBytes, ForgedAnywhereAreRefusedOrHarmless) {
  // Few links keep this short; a k and ef of 1 make so few rows a walk.
  const Sample sample = Small(2, 60);
  SegmentOptions options = OptionsFor(sample);
  rescoring_ = options.rescoring;
  options.hnsw_m = 2;
  const std::string bytes = Saved(*Segment::Build(options, sample.row_ids, sample.vectors));
  const std::vector<size_t> borders = ChunkBorders(bytes);
  std::mt19937 random(4);
  const std::vector<float> query = {0.5f, -1};
  int refused = 0, taken = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto chunk = std::upper_bound(borders.begin(), borders.end(), i);
    const bool length = chunk != borders.begin() && i - chunk[-1] >= 4 && i - chunk[-1] < 8;
    if (length) continue;  // Sealed needs them; the tests above change these bytes
    std::string forged = bytes;
    forged[i] = static_cast<char>(random());
    try {
      const auto segment = Again(Sealed(forged));
      ++taken;
      if (segment->dimension() != 2) continue;
      segment->Search(query, {.k = 60, .exact = true});
      EXPECT_EQ(segment->Search(query, {.k = 1, .ef = 1}).size(), 1u);
    } catch (const Error& error) {
      ++refused;
      EXPECT_EQ(error.kind(), ErrorKind::kCorruption) << error.what();
    }
  }
  EXPECT_GT(refused, 30);
  EXPECT_GT(taken, 30);
}

TEST_P(SegmentBytes, OfAFailingSinkPassItsErrorOn) {
  struct Full final : ByteSink {
    void Write(const void*, size_t) override {
      if (++writes == 3) throw std::length_error("full");
    }
    int writes = 0;
  } sink;
  const auto segment = Build(Small(2, 6));
  EXPECT_THROW(segment->Save(sink), std::length_error);
}

INSTANTIATE_TEST_SUITE_P(AllKinds, SegmentBytes,
                         testing::Combine(testing::ValuesIn(kVariants),
                                          testing::ValuesIn(kMetrics)),
                         [](const testing::TestParamInfo<std::tuple<Variant, Metric>>& each) {
                           return NameOf(std::get<0>(each.param)) + "_" +
                                  std::string(MetricName(std::get<1>(each.param)));
                         });

// Rows 1 and 7 of dimension 2 as version 1 writes them. This must never change.
constexpr char kVersion1Flat[] =
    "534d424c53454700010000000001000002000000020000000000000000000000000000000000000000000000"
    "0000000076673e17a479ba17010000001000000001000000000000000700000000000000b7ccb0128854fe06"
    "02000000100000000000803f000000c00000404000008040e64468fdcd0c4860";
constexpr char kVersion1Hnsw[] =
    "534d424c53454700010000000101000002000000020000000200000064000000000000000600000000000000"
    "000000004e117998197ff1a0010000001000000001000000000000000700000000000000b7ccb0128854fe06"
    "02000000100000000000803f000000c00000404000008040e64468fdcd0c4860030000000200000003031ae7"
    "203141aa457d040000002000000001000000ffffffffffffffffffffffff00000000ffffffffffffffffffff"
    "ffff46a808c87177c225050000003000000001000000ffffffff01000000ffffffff01000000ffffffff0000"
    "0000ffffffff00000000ffffffff00000000ffffffff4bcaca7fb868bc4d";

// The same rows with 8-bit codes, as the program of version 2 wrote them.
constexpr char kVersion2Flat[] =
    "534d424c53454700020000000001010002000000020000000000000000000000000000000000000000000000"
    "0000000017582fe48175d129010000001000000001000000000000000700000000000000b7ccb0128854fe06"
    "0700000008000000000000400000803f641808635f6ab0010800000080000000d68100000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000002a7f00000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000b90b33986091af620900000010000000"
    "0683c13c000020410683c13c000020412160e9faaf2628f9";
constexpr char kVersion2Hnsw[] =
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
constexpr char kVersion3F16[] =
    "534d424c53454700030000000001020002000000020000000000000000000000000000000000000000000000"
    "00000000aa03cda59cb69cbe010000001000000001000000000000000700000000000000b7ccb0128854fe06"
    "0700000008000000000000400000803f641808635f6ab001080000004000000000b400ba0000000000000000"
    "00000000000000000000000000000000000000000034003a0000000000000000000000000000000000000000"
    "0000000000000000fce50fa581c64b860900000010000000000080400000204100008040000020418ab63699"
    "d875ce62";
constexpr char kVersion3Binary[] =
    "534d424c53454700030000000001030002000000020000000000000000000000000000000000000000000000"
    "00000000931932aa067f8a95010000001000000001000000000000000700000000000000b7ccb0128854fe06"
    "0700000008000000000000400000803f641808635f6ab0010800000010000000000000000000000003000000"
    "000000003e67dabd70b397fa0900000010000000c2624a4000002041c2624a4000002041e2b2576f8e865701";
constexpr char kVersion3Ivf[] =
    "534d424c53454700030000000201000002000000020000000200000000000000000000000000000000000000"
    "000000009131a79cd99c87de010000001000000001000000000000000700000000000000b7ccb0128854fe06"
    "02000000100000000000803f000000c00000404000008040e64468fdcd0c48600a000000100000000000803f"
    "000000c00000404000008040871350af9f3eea020b0000000c000000000000000100000002000000a1323969"
    "83d5e60f0c0000000800000000000000010000005e1b21413e29e870";

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

TEST(SegmentVersion1, IsWrittenAsItWas) {
  const std::vector<int64_t> row_ids = {7, 1};
  const std::vector<float> vectors = {3, 4, 1, -2};
  const auto flat = Segment::Build(Options(Kind::kFlat, Metric::kL2, 2), row_ids, vectors);
  EXPECT_EQ(Saved(*flat), FromHex(kVersion1Flat));
}

TEST(SegmentVersion1, IsStillRead) {
  for (const char* hex : {kVersion1Flat, kVersion1Hnsw}) {
    const auto segment = Loaded(FromHex(hex));
    ASSERT_EQ(segment->size(), 2u);
    EXPECT_EQ(segment->metric(), Metric::kL2);
    EXPECT_EQ(segment->row_id(1), 7);
    EXPECT_EQ(VectorAt(*segment, 1)[0], 3);
    EXPECT_EQ(VectorAt(*segment, 1)[1], 4);
    const auto found = segment->Search(std::vector<float>{3, 0}, {});
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].row_id, 1);
    EXPECT_FLOAT_EQ(found[1].distance, 4);
  }
  EXPECT_EQ(Loaded(FromHex(kVersion1Hnsw))->kind(), Kind::kHnsw);
}

TEST(SegmentVersion2, IsWrittenAsItWas) {
  const std::vector<int64_t> row_ids = {7, 1};
  const std::vector<float> vectors = {3, 4, 1, -2};
  const auto flat =
      Segment::Build(Options({Kind::kFlat, Quantization::kSq8}, Metric::kL2, 2, row_ids, vectors),
                     row_ids, vectors);
  EXPECT_EQ(Saved(*flat), FromHex(kVersion2Flat));
}

TEST(SegmentVersion2, IsStillRead) {
  const std::vector<int64_t> row_ids = {1, 7};
  const std::vector<float> vectors = {1, -2, 3, 4};
  for (const char* hex : {kVersion2Flat, kVersion2Hnsw}) {
    const auto segment =
        Loaded(FromHex(hex), {std::make_shared<SampleVectors>(2, row_ids, vectors), 4});
    ASSERT_EQ(segment->size(), 2u);
    EXPECT_EQ(segment->quantization(), Quantization::kSq8);
    const auto found = segment->Search(std::vector<float>{3, 0}, {.k = 1});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].row_id, 1);
    EXPECT_FLOAT_EQ(found[0].distance, std::sqrt(8.0f));
  }
}

struct Version3 {
  Variant variant;
  const char* hex;
};
constexpr Version3 kVersion3[] = {{{Kind::kFlat, Quantization::kF16}, kVersion3F16},
                                  {{Kind::kFlat, Quantization::kBinary}, kVersion3Binary},
                                  {{Kind::kIvf, Quantization::kNone}, kVersion3Ivf}};

TEST(SegmentVersion3, IsWrittenAsItWas) {
  const std::vector<int64_t> row_ids = {7, 1};
  const std::vector<float> vectors = {3, 4, 1, -2};
  for (const Version3& each : kVersion3) {
    SegmentOptions options = Options(each.variant, Metric::kL2, 2, row_ids, vectors);
    options.lists = 2;
    EXPECT_EQ(Saved(*Segment::Build(options, row_ids, vectors)), FromHex(each.hex));
  }
}

TEST(SegmentVersion3, IsStillRead) {
  const std::vector<int64_t> row_ids = {1, 7};
  const std::vector<float> vectors = {1, -2, 3, 4};
  for (const Version3& each : kVersion3) {
    const auto segment =
        Loaded(FromHex(each.hex), {std::make_shared<SampleVectors>(2, row_ids, vectors), 4});
    EXPECT_EQ(segment->kind(), each.variant.kind);
    EXPECT_EQ(segment->quantization(), each.variant.quantization);
    const auto found = segment->Search(std::vector<float>{3, 0}, {.k = 2});
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].row_id, 1);
    EXPECT_FLOAT_EQ(found[1].distance, 4);
  }
}

TEST(SegmentVersion, FromTheFutureIsRefusedByNumber) {
  std::string bytes = FromHex(kVersion1Flat);
  Put(bytes, 8, kSegmentVersion + 1);
  try {
    Loaded(Sealed(bytes));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCorruption);
    EXPECT_NE(std::string(error.what()).find("version " + std::to_string(kSegmentVersion + 1)),
              std::string::npos)
        << error.what();
  }
}

TEST(SegmentForgery, ThatClaimsMoreThanThereIsCostsNoMemory) {
  std::string bytes = FromHex(kVersion1Hnsw).substr(0, kSegmentHeaderBytes + 20);
  Put(bytes, 16, kMaxDimension);
  Put(bytes, 20, kMaxSegmentSize);
  Put(bytes, 24, uint32_t{128});
  Put(bytes, 48, SegmentChecksum(bytes.data(), 48, 0));
  ExpectCorruption(bytes, "a header of 70 terabytes");
}

TEST(SegmentForgery, OfRowIdsAndVectorsIsNoticed) {
  const std::string bytes = FromHex(kVersion1Flat);
  const size_t ids = kSegmentHeaderBytes + 8, vectors = ids + 16 + 8 + 8;
  for (int64_t id : {int64_t{7}, int64_t{8}, std::numeric_limits<int64_t>::max()}) {
    std::string forged = bytes;
    Put(forged, ids, id);
    ExpectCorruption(Sealed(forged), "a row id that does not ascend");
  }
  for (float element : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
    std::string forged = bytes;
    Put(forged, vectors + 4, element);
    ExpectCorruption(Sealed(forged), "an element that is not finite");
  }
  EXPECT_EQ(Loaded(Sealed(bytes))->size(), 2u);
}

TEST(SegmentForgery, OfListsIsNoticed) {
  const Sample sample = Small(2, 12);
  SegmentOptions options = Options(Kind::kIvf, Metric::kL2, 2);
  options.lists = 3;
  const std::string bytes = Saved(*Segment::Build(options, sample.row_ids, sample.vectors));
  const std::vector<size_t> borders = ChunkBorders(bytes);
  ASSERT_EQ(borders.size(), 6u);  // ids, vectors, centres, beginnings, positions, the end
  const size_t centres = borders[2] + 8, begins = borders[3] + 8, positions = borders[4] + 8;
  const auto refuse = [&](size_t offset, uint32_t value, const char* what) {
    std::string forged = bytes;
    Put(forged, offset, value);
    ExpectCorruption(Sealed(forged), what);
  };
  refuse(centres, 0x7f800000, "an infinite centre");
  refuse(begins, 1, "a list that begins late");
  refuse(begins + 4, 13, "a list behind the end");
  refuse(begins + 12, 11, "a row in no list");
  refuse(positions, 12, "a row that is not there");
  refuse(positions, At<uint32_t>(bytes, positions + 44), "a row twice");
  refuse(24, 0, "no lists");
  refuse(24, 13, "more lists than rows");
  EXPECT_EQ(Loaded(Sealed(bytes))->size(), 12u);
}

TEST(SegmentForgery, OfTheHeaderIsNoticed) {
  const std::string bytes = FromHex(kVersion1Hnsw);
  const auto refuse = [&](size_t offset, uint32_t value) {
    std::string forged = bytes;
    Put(forged, offset, value);
    ExpectCorruption(Sealed(forged), std::to_string(value) + " at " + std::to_string(offset));
  };
  refuse(12, 0x0102);   // a third kind
  refuse(12, 0x0301);   // a fourth metric
  refuse(12, 0x10101);  // a field that is kept zero
  refuse(16, 0);        // no dimension
  refuse(16, kMaxDimension + 1);
  refuse(20, 3);  // more rows than there are
  refuse(20, 0x80000000);
  refuse(24, 1);  // m
  refuse(24, 129);
  refuse(28, 0);  // ef_construction
  refuse(32, 2);  // entry point
  refuse(36, 1);  // upper rows
  refuse(40, 1);  // equal rows that are not there
  refuse(40, 2);
  refuse(44, 1);
  std::string flat = bytes;
  flat[12] = 0;
  ExpectCorruption(Sealed(flat), "a flat segment with a graph");
}

}  // namespace
}  // namespace semblance::index
