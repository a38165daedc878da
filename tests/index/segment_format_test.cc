// The bytes of segments: round trips, and every damage that can be done.
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

#include "tests/index/segment_bytes.h"

namespace semblance::index {
namespace {

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
      case Quantization::kPq:
        return 1100;
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
  refuse(44, 0x3f800000, "a spread before there was one");
  std::string newer = bytes;
  Put(newer, 8, uint32_t{5});
  for (uint32_t spread : {0xbf800000u, 0x7f800000u, 0x7fc00000u}) {
    Put(newer, 44, spread);
    ExpectCorruption(Sealed(newer), "a spread that is none");
  }
  Put(newer, 44, 2.5f);
  EXPECT_EQ(Loaded(Sealed(newer))->data().lists->spread, 2.5f);
  EXPECT_EQ(Loaded(Sealed(bytes))->size(), 12u);
}

TEST(SegmentForgery, OfProductCodesIsNoticed) {
  const Sample sample = Small(2, 12);
  SegmentOptions options =
      Options({Kind::kIvf, Quantization::kPq}, Metric::kL2, 2, sample.row_ids, sample.vectors);
  const std::string bytes = Saved(*Segment::Build(options, sample.row_ids, sample.vectors));
  const std::vector<size_t> borders = ChunkBorders(bytes);
  // ids, codebooks, codes, terms, centres, beginnings, positions, the end
  ASSERT_EQ(borders.size(), 8u);
  const auto refuse = [&](size_t offset, uint32_t value, const char* what) {
    std::string forged = bytes;
    Put(forged, offset, value);
    ExpectCorruption(Sealed(forged), what);
  };
  refuse(borders[1] + 8, 0x7f800000, "an infinite point");
  refuse(borders[3] + 8, 0xbf800000, "a negative scale");
  refuse(borders[3] + 12, 0x7fc00000, "a square that is no number");
  refuse(12, 0x00040000 + At<uint16_t>(bytes, 12) - 2, "codes of lists without lists");
  EXPECT_EQ(Loaded(Sealed(bytes), options.rescoring)->size(), 12u);
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
