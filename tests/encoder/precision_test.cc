// bf16 and int8 beside f32: what they compute, and that a sentence's neighbours do not show in it.
#include "engine/encoder/precision.h"

#include <gtest/gtest.h>

#include "engine/encoder/narrow_kernels.h"
#include "tests/encoder/fixtures.h"
#include "tests/encoder/golden.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

std::vector<Precision> NarrowPrecisions() { return {Precision::kBf16, Precision::kInt8}; }

std::vector<std::vector<int32_t>> Sentences(const BertConfig& config) {
  return RandomIds({1, 2, 3, 5, 8, 13, 21, 34, 55, 64, 64, 7, 7, 1}, config.vocabulary);
}

float CosineOf(const std::vector<float>& a, const std::vector<float>& b, size_t at, size_t width) {
  double product = 0;
  for (size_t i = at * width; i < (at + 1) * width; ++i) product += double{a[i]} * b[i];
  return static_cast<float>(product);
}

TEST(PrecisionTest, ItsNamesAreReadAndWritten) {
  for (const Precision precision : kPrecisions) {
    EXPECT_EQ(PrecisionFromName(PrecisionName(precision)), precision);
  }
  EXPECT_EQ(PrecisionFromName("f16"), std::nullopt);
  EXPECT_EQ(PrecisionFromName(""), std::nullopt);
}

TEST(PrecisionTest, WithoutInstructionsForBf16TheNetworkIsComputedInF32) {
  EXPECT_EQ(ComputedIn(Precision::kF32), Precision::kF32);
  EXPECT_EQ(ComputedIn(Precision::kInt8), Precision::kInt8);
  EXPECT_EQ(ComputedIn(Precision::kBf16),
            IfSupported(kAvx512Bf16) != nullptr ? Precision::kBf16 : Precision::kF32);
}

TEST(PrecisionTest, AgreesWithTheReferenceAsFarAsItsNumbersReach) {
  // Cosines, of random weights that are no trained model's: there is nothing in them to hold on to.
  for (const char* model : {"bert_uncased", "bert_cased", "roberta", "mpnet", "albert"}) {
    const std::string folder = model;
    const json expected = json::parse(ReadTestFile(folder + "/pooled.json"));
    const std::string config = ReadTestFile(folder + "/config.json");
    const std::string weights = ReadTestFile(folder + "/model.safetensors");
    ExpectPooledClose(config, weights, expected, Precision::kBf16, 0.9995);
    ExpectPooledClose(config, weights, expected, Precision::kInt8, 0.985);
  }
}

TEST(PrecisionTest, ASentenceHasTheSameVectorAloneAndInAnyBatch) {
  for (const auto& [hidden, heads] : {std::pair<int64_t, int64_t>{64, 4}, {33, 3}, {20, 20}}) {
    const BertConfig config = SmallConfig(3, hidden, heads);
    const auto ids = Sentences(config);
    for (const Precision precision : NarrowPrecisions()) {
      const auto encoder = Encoder::Load(RandomPackage(config), {.precision = precision});
      const std::vector<float> together = encoder->EncodeIds(ids);
      for (size_t i = 0; i < ids.size(); ++i) {
        const std::vector<float> alone = encoder->EncodeIds(std::span(&ids[i], 1));
        const auto begin = together.begin() + static_cast<ptrdiff_t>(i * encoder->dimension());
        const std::vector<float> one(begin, begin + encoder->dimension());
        EXPECT_LT(LargestDifference(alone, one), 1e-5f)
            << PrecisionName(precision) << ", width " << hidden << ", length " << ids[i].size();
      }
    }
  }
}

TEST(PrecisionTest, TheNumberOfThreadsMakesNoDifference) {
  BertConfig config = SmallConfig(2, 384, 6);
  config.positions = config.max_length = 300;
  const ModelPackage package = RandomPackage(config);
  const auto ids = RandomIds({270, 64, 3}, config.vocabulary);
  for (const Precision precision : NarrowPrecisions()) {
    const auto one = Encoder::Load(package, {.threads = 1, .precision = precision});
    for (const int threads : {2, 3, 5}) {
      const auto several = Encoder::Load(package, {.threads = threads, .precision = precision});
      EXPECT_LT(LargestDifference(several->EncodeIds(ids), one->EncodeIds(ids)), 1e-5f);
      for (const auto& sentence : ids) {
        const auto alone = std::span(&sentence, 1);
        EXPECT_LT(LargestDifference(several->EncodeIds(alone), one->EncodeIds(alone)), 1e-5f);
      }
    }
  }
}

TEST(PrecisionTest, VectorsAreCloseToThoseOfF32) {
  BertConfig config = SmallConfig(6, 384, 12);
  config.intermediate = 1536;
  const ModelPackage package = RandomPackage(config);
  const auto ids = Sentences(config);
  const auto exact = Encoder::Load(package);
  const std::vector<float> wanted = exact->EncodeIds(ids);
  for (const Precision precision : NarrowPrecisions()) {
    const auto encoder = Encoder::Load(package, {.precision = precision});
    const std::vector<float> got = encoder->EncodeIds(ids);
    for (size_t i = 0; i < ids.size(); ++i) {
      EXPECT_GT(CosineOf(got, wanted, i, exact->dimension()), 0.995f) << PrecisionName(precision);
    }
  }
}

TEST(PrecisionTest, Int8TakesAQuarterOfTheMemoryOfF32AtMost) {
  if (IfSupported(kAvx512Int8) == nullptr) GTEST_SKIP() << "weights lie in 16 bits here";
  const ModelPackage package = RandomPackage(SmallConfig(4, 256, 4));
  const BertConfig none = SmallConfig(0, 256, 4);
  const uint64_t tables = Encoder::Load(RandomPackage(none))->memory_bytes();
  const uint64_t wide = Encoder::Load(package)->memory_bytes() - tables;
  const uint64_t narrow =
      Encoder::Load(package, {.precision = Precision::kInt8})->memory_bytes() - tables;
  EXPECT_LT(static_cast<double>(narrow), 0.28 * static_cast<double>(wide));
}

TEST(PrecisionTest, WeightsSoLargeThatTheyOverflowAreAnErrorAndNotAVector) {
  const BertConfig config = SmallConfig(1, 16, 2);
  OwnedTensors tensors = RandomTensors(config, 1);
  for (float& value : tensors["encoder.layer.0.output.dense.weight"].values) value *= 1e38f;
  const ModelPackage package = MakePackage(config.ToJson(), Write(tensors, DType::kF32));
  const auto ids = RandomIds({3, 5}, config.vocabulary);
  for (const Precision precision : NarrowPrecisions()) {
    const auto encoder = Encoder::Load(package, {.precision = precision});
    EXPECT_EQ(KindOf([&] { encoder->EncodeIds(ids); }), ErrorKind::kCorruption)
        << PrecisionName(precision);
  }
}

}  // namespace
}  // namespace semblance::encoder
