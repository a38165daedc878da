// Streams of each version that must stay readable.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "tests/index/segment_bytes.h"

namespace semblance::index {
namespace {

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

// Codebooks depend on the processor in their last digits, so what is written is not compared.
TEST(SegmentVersion4, IsStillRead) {
  const std::vector<int64_t> row_ids = {1, 7};
  const std::vector<float> vectors = {1, -2, 3, 4};
  const auto segment =
      Loaded(FromHex(kVersion4Pq), {std::make_shared<SampleVectors>(2, row_ids, vectors), 4});
  EXPECT_EQ(segment->kind(), Kind::kIvf);
  EXPECT_EQ(segment->quantization(), Quantization::kPq);
  const auto found = segment->Search(std::vector<float>{3, 0}, {.k = 2});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].row_id, 1);
  EXPECT_FLOAT_EQ(found[1].distance, 4);
}

// Long enough to be told apart by its checksum alone: one list of the points of an 8 x 8 grid.
TEST(SegmentVersion5, IsWrittenAsItWasAndRead) {
  std::vector<int64_t> row_ids;
  std::vector<float> vectors;
  for (int i = 0; i < 64; ++i) {
    row_ids.push_back(i);
    vectors.push_back(static_cast<float>(i % 8));
    vectors.push_back(static_cast<float>(i / 8));
  }
  SegmentOptions options = Options(Kind::kIvf, Metric::kL2, 2);
  options.lists = 1;
  const std::string bytes = Saved(*Segment::Build(options, row_ids, vectors));
  EXPECT_EQ(SegmentChecksum(bytes.data(), bytes.size(), 0), 5284483350454276654u);
  const auto segment = Loaded(bytes);
  EXPECT_EQ(segment->data().lists->spread, 10.5f);  // the variance of 0 .. 7, twice
  EXPECT_EQ(segment->Search(std::vector<float>{7, 6}, {.k = 1}).at(0).row_id, 55);
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

}  // namespace
}  // namespace semblance::index
