// What index=auto becomes, by size and by memory.
#include "engine/index_choice.h"

#include <gtest/gtest.h>

#include "tests/engine/sample_collection.h"

namespace semblance::engine {
namespace {

using index::Kind;
using index::Quantization;

CollectionOptions Automatic() {
  CollectionOptions options;
  options.dimension = 384;
  options.automatic = true;
  return options;
}

TEST(IndexChoice, OfAutoIsExactBelowTwentyThousandRows) {
  EXPECT_EQ(ChooseKind(Automatic(), 19999, 19999), Kind::kFlat);
  EXPECT_EQ(ChooseKind(Automatic(), 20000, 20000), Kind::kHnsw);
}

// Of a large table every segment below 20,000 rows was scanned by every search: two milliseconds
// beside a writer.
TEST(IndexChoice, OfAutoCountsTheRowsOfTheTableNotOfASegment) {
  EXPECT_EQ(ChooseKind(Automatic(), 2000, 20000), Kind::kHnsw);
  EXPECT_EQ(ChooseKind(Automatic(), 1999, 20000), Kind::kFlat);
  EXPECT_EQ(ChooseKind(Automatic(), 2000, 19999), Kind::kFlat);
}

// Dead rows were counted where segments are chosen and not where they are made, so that a flat
// segment was made of a flat one after every commit.
TEST(IndexChoice, OfAutoCountsLivingRows) {
  SampleCollection sample(2, Kind::kHnsw);
  sample.set_automatic();
  sample.PutMany(1, 19990);
  ASSERT_TRUE(sample->Maintain(NeverCancel));
  for (int64_t row_id = 1; row_id <= 40; ++row_id) sample.Put(row_id, -1);
  EXPECT_FALSE(sample->Maintain(NeverCancel));
  sample.PutMany(20001, 60);
  EXPECT_TRUE(sample->Maintain(NeverCancel));
  EXPECT_FALSE(sample->Maintain(NeverCancel));
  EXPECT_EQ(sample->LoadedState()->segments.at(0)->segment().kind(), Kind::kHnsw);
}

TEST(IndexChoice, OfANamedKindBeginsAtTwoThousand) {
  CollectionOptions options = Automatic();
  options.automatic = false;
  for (Kind kind : {Kind::kHnsw, Kind::kIvf}) {
    options.kind = kind;
    EXPECT_EQ(ChooseKind(options, 1999, 1999), Kind::kFlat);
    EXPECT_EQ(ChooseKind(options, 2000, 2000), kind);
  }
  options.kind = Kind::kFlat;
  EXPECT_EQ(ChooseKind(options, 1000000, 1000000), Kind::kFlat);
}

TEST(IndexChoice, OfAutoIsListsWhereAGraphDoesNotFit) {
  CollectionOptions options = Automatic();
  options.memory_limit = GraphBytes(options, 50000);
  EXPECT_EQ(ChooseKind(options, 30000, 50000), Kind::kHnsw);
  EXPECT_EQ(ChooseKind(options, 30000, 50001), Kind::kIvf);
  EXPECT_EQ(ChooseKind(options, 1999, 50001), Kind::kFlat);
}

TEST(IndexChoice, OfListsForWantOfMemoryKeepsCodes) {
  CollectionOptions options = Automatic();
  EXPECT_EQ(QuantizationOf(options, Kind::kHnsw), Quantization::kNone);
  EXPECT_EQ(QuantizationOf(options, Kind::kIvf), Quantization::kSq8);
  options.quantization = Quantization::kBinary;
  EXPECT_EQ(QuantizationOf(options, Kind::kIvf), Quantization::kBinary);
  options.automatic = false;
  options.quantization = Quantization::kNone;
  EXPECT_EQ(QuantizationOf(options, Kind::kIvf), Quantization::kNone);
}

TEST(IndexChoice, HasProductCodesInListsAndEightBitsElsewhere) {
  CollectionOptions options = Automatic();
  options.quantization = Quantization::kPq;
  EXPECT_EQ(QuantizationOf(options, Kind::kIvf), Quantization::kPq);
  EXPECT_EQ(QuantizationOf(options, Kind::kFlat), Quantization::kSq8);
  EXPECT_EQ(QuantizationOf(options, Kind::kHnsw), Quantization::kSq8);
}

TEST(IndexChoice, TakesAQuarterOfTheMemoryUnlessToldOtherwise) {
  CollectionOptions options = Automatic();
  EXPECT_GT(MemoryLimit(options), uint64_t{1} << 26);
  options.memory_limit = 12345;
  EXPECT_EQ(MemoryLimit(options), 12345u);
}

// What GraphBytes says is near what a graph takes.
TEST(IndexChoice, KnowsWhatAGraphTakes) {
  SampleCollection sample(64, Kind::kHnsw);
  sample.PutMany(1, 3000);
  sample->Optimize(NeverCancel);
  const double taken = static_cast<double>(sample->Stats().memory_bytes);
  const double said = static_cast<double>(GraphBytes(sample.options(), 3000));
  EXPECT_NEAR(said / taken, 1, 0.1);
}

}  // namespace
}  // namespace semblance::engine
