#include "engine/encoder/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <thread>

#include "tests/encoder/fixtures.h"

namespace semblance::encoder {
namespace {

constexpr float kSame = 1e-5f;

std::vector<float> VectorAt(const std::vector<float>& vectors, size_t dimension, size_t at) {
  const auto begin = vectors.begin() + static_cast<ptrdiff_t>(at * dimension);
  return {begin, begin + static_cast<ptrdiff_t>(dimension)};
}

// Lengths 1 .. 64 in mixed order, some of them often.
std::vector<size_t> MixedLengths() {
  std::vector<size_t> lengths(64);
  std::iota(lengths.begin(), lengths.end(), size_t{1});
  lengths.insert(lengths.end(), {1, 1, 64, 64, 64, 7, 7, 7, 32, 32});
  std::shuffle(lengths.begin(), lengths.end(), std::mt19937(4));
  return lengths;
}

std::vector<std::string_view> Texts() {
  return {"The old bridge over the river was built of grey stone.",
          "a cat",
          "",
          "Snow fell.",
          "Two dogs are chasing a red ball on the beach.",
          "\xE6\x97\xA5\xE6\x9C\xAC",
          std::string_view("\0\xff\x80", 3)};
}

TEST(EncoderTest, ASentenceHasTheSameVectorAloneAndInAnyBatch) {
  // Hidden sizes that are no multiple of a vector's width, too.
  for (const auto& [hidden, heads] : {std::pair<int64_t, int64_t>{64, 4}, {33, 3}, {20, 20}}) {
    const BertConfig config = SmallConfig(3, hidden, heads);
    const auto encoder = Encoder::Load(RandomPackage(config));
    const auto ids = RandomIds(MixedLengths(), config.vocabulary);
    const std::vector<float> together = encoder->EncodeIds(ids);
    for (size_t i = 0; i < ids.size(); ++i) {
      const std::vector<float> alone = encoder->EncodeIds(std::span(&ids[i], 1));
      EXPECT_LT(LargestDifference(alone, VectorAt(together, encoder->dimension(), i)), kSame)
          << "length " << ids[i].size();
    }
  }
}

TEST(EncoderTest, TheNumberOfThreadsMakesNoDifference) {
  const BertConfig config = SmallConfig(2, 48, 4);
  const ModelPackage package = RandomPackage(config);
  const auto ids = RandomIds(MixedLengths(), config.vocabulary);
  const std::vector<float> one = Encoder::Load(package, {.threads = 1})->EncodeIds(ids);
  for (const int threads : {0, 2, 7}) {
    const auto encoder = Encoder::Load(package, {.threads = threads});
    EXPECT_LT(LargestDifference(encoder->EncodeIds(ids), one), kSame) << threads;
  }
}

TEST(EncoderTest, ASentenceThatSeveralThreadsShareHasTheSameVector) {
  BertConfig config = SmallConfig(3, 384, 6);
  config.positions = config.max_length = 300;
  const ModelPackage package = RandomPackage(config);
  const auto ids = RandomIds({64, 31, 270}, config.vocabulary);
  const auto one = Encoder::Load(package, {.threads = 1});
  for (const int threads : {2, 3, 5}) {
    const auto several = Encoder::Load(package, {.threads = threads});
    for (const auto& sentence : ids) {
      const auto alone = std::span(&sentence, 1);
      for (int i = 0; i < 3; ++i) {
        EXPECT_LT(LargestDifference(several->EncodeIds(alone), one->EncodeIds(alone)), kSame);
      }
    }
  }
}

TEST(EncoderTest, VectorsHaveUnitLengthWithEveryPooler) {
  const BertConfig config = SmallConfig(2, 32, 4);
  const std::string weights = Write(RandomTensors(config, 1), DType::kF16);
  for (int pooler = 0; pooler < 5; ++pooler) {
    const auto encoder = Encoder::Load(
        MakePackage(WithPooler(config.ToJson(), static_cast<Pooler>(pooler)), weights));
    EXPECT_EQ(encoder->pooler(), static_cast<Pooler>(pooler));
    const std::vector<float> vectors = encoder->Encode(Texts());
    ASSERT_EQ(vectors.size(), Texts().size() * 32);
    for (size_t i = 0; i < Texts().size(); ++i) {
      double square = 0;
      for (const float value : VectorAt(vectors, 32, i)) square += value * value;
      EXPECT_NEAR(square, 1.0, 1e-5);
    }
  }
}

TEST(EncoderTest, TextsAreTokenizedAndThenEncoded) {
  const auto encoder = Encoder::Load(RandomPackage(SmallConfig(2, 32, 4)));
  std::vector<std::vector<int32_t>> ids;
  for (const std::string_view text : Texts()) {
    ids.push_back(encoder->tokenizer().Encode(text, encoder->max_length()));
  }
  EXPECT_LT(LargestDifference(encoder->Encode(Texts()), encoder->EncodeIds(ids)), 1e-7f);
}

TEST(EncoderTest, ManyTextsComeBackInTheirOrder) {
  const auto encoder = Encoder::Load(RandomPackage(SmallConfig(1, 16, 2)), {.threads = 2});
  std::vector<std::string_view> texts;
  for (int i = 0; i < 5000; ++i) texts.push_back(Texts()[static_cast<size_t>(i) % 7]);
  const std::vector<float> few = encoder->Encode(Texts()), many = encoder->Encode(texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    ASSERT_LT(LargestDifference(VectorAt(many, 16, i), VectorAt(few, 16, i % 7)), kSame) << i;
  }
}

TEST(EncoderTest, ATextOfMegabytesIsCutToTheModelsLength) {
  const auto encoder = Encoder::Load(RandomPackage(SmallConfig(1, 16, 2)));
  std::string text;
  while (text.size() < 10'000'000) text += "the old bridge over the quiet river ";
  const std::string beginning = text.substr(0, 3000);
  const std::string_view views[] = {text, beginning};
  const std::vector<float> vectors = encoder->Encode(views);
  EXPECT_LT(LargestDifference(VectorAt(vectors, 16, 0), VectorAt(vectors, 16, 1)), kSame);
}

TEST(EncoderTest, NoTextsGiveNoVectors) {
  const auto encoder = Encoder::Load(RandomPackage(SmallConfig(1, 16, 2)));
  EXPECT_TRUE(encoder->Encode({}).empty());
  EXPECT_TRUE(encoder->EncodeIds({}).empty());
}

TEST(EncoderTest, SentencesLongerThanAKernelHasRowsAreComputedInParts) {
  BertConfig config = SmallConfig(2, 32, 4);
  config.positions = config.max_length = 600;
  const auto encoder = Encoder::Load(RandomPackage(config));
  // The same ids as one token each, but for attention, would differ; here one sentence alone and
  // beside short ones.
  const auto ids = RandomIds({600, 3, 129, 128, 257, 513}, config.vocabulary);
  const std::vector<float> together = encoder->EncodeIds(ids);
  for (size_t i = 0; i < ids.size(); ++i) {
    const std::vector<float> alone = encoder->EncodeIds(std::span(&ids[i], 1));
    EXPECT_LT(LargestDifference(alone, VectorAt(together, 32, i)), kSame);
    EXPECT_GT(std::abs(alone[0]) + std::abs(alone[1]), 0.0f);
  }
}

TEST(EncoderTest, AModelWithoutLayersIsTheMeanOfItsEmbeddings) {
  BertConfig config = SmallConfig(0, 24, 1);
  config.intermediate = 0;
  const OwnedTensors tensors = RandomTensors(config, 3);
  const auto ids = RandomIds({5}, config.vocabulary);
  std::vector<double> mean(24);
  for (size_t t = 0; t < 5; ++t) {
    std::vector<double> row(24);
    double sum = 0, square = 0;
    for (size_t i = 0; i < 24; ++i) {
      row[i] = tensors.at("embeddings.word_embeddings.weight")
                   .values[static_cast<size_t>(ids[0][t]) * 24 + i] +
               tensors.at("embeddings.position_embeddings.weight").values[t * 24 + i] +
               tensors.at("embeddings.token_type_embeddings.weight").values[i];
      sum += row[i];
    }
    for (const double value : row) square += std::pow(value - sum / 24, 2);
    for (size_t i = 0; i < 24; ++i) {
      mean[i] += (row[i] - sum / 24) / std::sqrt(square / 24 + 1e-12) *
                     tensors.at("embeddings.LayerNorm.weight").values[i] +
                 tensors.at("embeddings.LayerNorm.bias").values[i];
    }
  }
  const double length = std::sqrt(std::inner_product(mean.begin(), mean.end(), mean.begin(), 0.0));
  std::vector<float> expected;
  for (const double value : mean) expected.push_back(static_cast<float>(value / length));
  const std::string weights = Write(tensors, DType::kF32);
  for (const Pooler pooler : {Pooler::kAvg, Pooler::kAvgTop2, Pooler::kAvgFirstLast}) {
    const auto encoder = Encoder::Load(MakePackage(WithPooler(config.ToJson(), pooler), weights));
    EXPECT_LT(LargestDifference(encoder->EncodeIds(ids), expected), kSame);
  }
}

TEST(EncoderTest, SeveralThreadsEncodeAtOnce) {
  const BertConfig config = SmallConfig(2, 32, 4);
  const auto encoder = Encoder::Load(RandomPackage(config), {.threads = 2});
  const auto ids = RandomIds(MixedLengths(), config.vocabulary);
  const std::vector<float> expected =
      Encoder::Load(RandomPackage(config), {.threads = 1})->EncodeIds(ids);
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 5; ++i) {
          wrong += !(LargestDifference(encoder->EncodeIds(ids), expected) < kSame);
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST(EncoderTest, TheCallersOpenMpSettingsStay) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(3);
  Encoder::Load(RandomPackage(SmallConfig(1, 16, 2)))->Encode(Texts());
  EXPECT_EQ(omp_get_max_threads(), 3);
  omp_set_num_threads(before);
}

TEST(EncoderTest, CancellingInterrupts) {
  const auto encoder = Encoder::Load(RandomPackage(SmallConfig(1, 16, 2)), {.threads = 2});
  EXPECT_EQ(KindOf([&] { encoder->Encode(Texts(), [] { return true; }); }),
            ErrorKind::kInterrupted);
  EXPECT_EQ(KindOf([&] { encoder->Encode(Texts(), [] { return false; }); }), std::nullopt);
}

TEST(EncoderTest, IdsOutsideTheVocabularyOrTheLengthAreRefused) {
  const BertConfig config = SmallConfig(1, 16, 2);
  const auto encoder = Encoder::Load(RandomPackage(config));
  const auto kind = [&](std::vector<int32_t> ids) {
    return KindOf([&] { encoder->EncodeIds(std::span(&ids, 1)); });
  };
  EXPECT_EQ(kind({}), ErrorKind::kInvalid);
  EXPECT_EQ(kind({-1}), ErrorKind::kInvalid);
  EXPECT_EQ(kind({320}), ErrorKind::kInvalid);
  EXPECT_EQ(kind({0, 319}), std::nullopt);
  EXPECT_EQ(kind(std::vector<int32_t>(64, 1)), std::nullopt);
  EXPECT_EQ(kind(std::vector<int32_t>(65, 1)), ErrorKind::kInvalid);
}

TEST(EncoderTest, AMissingOrMisshapenTensorIsNamed) {
  const BertConfig config = SmallConfig(1, 16, 2);
  for (const auto& [name, ignored] : RandomTensors(config, 1)) {
    if (name.starts_with("pooler.")) continue;  // the pooler is avg
    OwnedTensors lacking = RandomTensors(config, 1), misshapen = lacking;
    lacking.erase(name);
    misshapen[name] = {{3}, {1, 2, 3}};
    for (const auto& [tensors, kind] :
         {std::pair(lacking, ErrorKind::kMissing), std::pair(misshapen, ErrorKind::kCorruption)}) {
      try {
        Encoder::Load(MakePackage(config.ToJson(), Write(tensors, DType::kF32)));
        ADD_FAILURE() << name << " was not missed";
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), kind);
        EXPECT_THAT(error.what(), testing::HasSubstr(name));
      }
    }
  }
}

TEST(EncoderTest, ThePoolerClsNeedsItsLayer) {
  const BertConfig config = SmallConfig(1, 16, 2);
  OwnedTensors tensors = RandomTensors(config, 1);
  tensors.erase("pooler.dense.weight");
  const std::string json = WithPooler(config.ToJson(), Pooler::kCls);
  EXPECT_EQ(KindOf([&] { Encoder::Load(MakePackage(json, Write(tensors, DType::kF32))); }),
            ErrorKind::kMissing);
}

TEST(EncoderTest, FilesThatDoNotFitEachOtherAreRefused) {
  BertConfig config = SmallConfig(1, 16, 2);
  config.vocabulary = 298;  // the tokenizer has a piece more
  EXPECT_EQ(KindOf([&] { Encoder::Load(RandomPackage(config)); }), ErrorKind::kCorruption);
  const ModelPackage package = RandomPackage(SmallConfig(1, 16, 2));
  EXPECT_EQ(KindOf([&] { Encoder::Load(package, {.threads = -1}); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindOf([&] { Encoder::Load(ModelPackage()); }), ErrorKind::kMissing);
}

TEST(EncoderTest, WeightsSoLargeThatTheyOverflowAreAnErrorAndNotAVector) {
  const BertConfig config = SmallConfig(1, 16, 2);
  OwnedTensors tensors = RandomTensors(config, 1);
  for (float& value : tensors["encoder.layer.0.output.dense.weight"].values) value *= 1e38f;
  const auto encoder = Encoder::Load(MakePackage(config.ToJson(), Write(tensors, DType::kF32)));
  EXPECT_EQ(KindOf([&] { encoder->Encode(Texts()); }), ErrorKind::kCorruption);
}

TEST(EncoderTest, NarrowWordTablesStayNarrowInMemory) {
  BertConfig config = SmallConfig(0, 32, 1);
  config.vocabulary = 4000;
  const uint64_t wide = Encoder::Load(RandomPackage(config, 1, DType::kF32))->memory_bytes();
  const uint64_t narrow = Encoder::Load(RandomPackage(config, 1, DType::kF16))->memory_bytes();
  EXPECT_EQ(wide - narrow, 4000u * 32 * 2);
}

}  // namespace
}  // namespace semblance::encoder
