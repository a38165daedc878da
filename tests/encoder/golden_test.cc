// The network against the reference implementation: tiny models with random weights and what
// transformers and SimCSE compute from them (data/README.md).
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/encoder/encoder.h"
#include "tests/encoder/fixtures.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

constexpr float kTolerance = 5e-5f;

std::vector<float> Normalised(std::vector<float> vector) {
  double square = 0;
  for (const float value : vector) square += static_cast<double>(value) * value;
  for (float& value : vector) value = static_cast<float>(value / std::sqrt(square));
  return vector;
}

// Every pooler that `expected` (one of the pooled*.json) has, all sentences in one batch.
void ExpectPooled(const std::string& config, const std::string& weights, const json& expected) {
  std::vector<std::vector<int32_t>> ids;
  for (const json& sentence : expected.at("sentences")) ids.push_back(sentence.at("input_ids"));
  ASSERT_GE(ids.size(), 4u);
  for (const auto& [name, ignored] : expected["sentences"][0].at("pooled").items()) {
    const auto encoder =
        Encoder::Load(MakePackage(WithPooler(config, PoolerFromName(name)), weights));
    const std::vector<float> vectors = encoder->EncodeIds(ids);
    const size_t dimension = encoder->dimension();
    ASSERT_EQ(vectors.size(), ids.size() * dimension);
    for (size_t i = 0; i < ids.size(); ++i) {
      const std::vector<float> wanted = Normalised(expected["sentences"][i]["pooled"][name]);
      const std::vector<float> got(vectors.begin() + static_cast<ptrdiff_t>(i * dimension),
                                   vectors.begin() + static_cast<ptrdiff_t>((i + 1) * dimension));
      EXPECT_LT(LargestDifference(got, wanted), kTolerance) << name << ", sentence " << i;
    }
  }
}

TEST(GoldenTest, BertWithGeluAgreesWithTheReferenceInEveryPooler) {
  const json expected = json::parse(ReadTestFile("bert_uncased/pooled.json"));
  ASSERT_EQ(expected["sentences"][0]["pooled"].size(), 5u);
  ExpectPooled(ReadTestFile("bert_uncased/config.json"),
               ReadTestFile("bert_uncased/model.safetensors"), expected);
}

TEST(GoldenTest, BertWithTheTanhFormOfGeluAndALargerEpsilonAgreesWithTheReference) {
  ExpectPooled(ReadTestFile("bert_cased/config.json"), ReadTestFile("bert_cased/model.safetensors"),
               json::parse(ReadTestFile("bert_cased/pooled.json")));
}

TEST(GoldenTest, WeightsRoundedTo16BitsAgreeWithTheReferenceRoundedTheSameWay) {
  const OwnedTensors weights = ReadAll(ReadTestFile("bert_uncased/model.safetensors"));
  const std::string config = ReadTestFile("bert_uncased/config.json");
  ExpectPooled(config, Write(weights, DType::kF16),
               json::parse(ReadTestFile("bert_uncased/pooled_f16.json")));
  ExpectPooled(config, Write(weights, DType::kBF16),
               json::parse(ReadTestFile("bert_uncased/pooled_bf16.json")));
}

TEST(GoldenTest, PrefixesAndOldNamesOfTensorsMakeNoDifference) {
  OwnedTensors renamed;
  for (auto& [name, tensor] : ReadAll(ReadTestFile("bert_uncased/model.safetensors"))) {
    std::string old = "bert." + name;
    for (const auto& [now, then] :
         {std::pair<std::string, std::string>{"LayerNorm.weight", "LayerNorm.gamma"},
          {"LayerNorm.bias", "LayerNorm.beta"}}) {
      if (old.ends_with(now)) old.replace(old.size() - now.size(), now.size(), then);
    }
    renamed[old] = tensor;
  }
  renamed["cls.predictions.bias"] = {{3}, {1, 2, 3}};
  ExpectPooled(ReadTestFile("bert_uncased/config.json"), Write(renamed, DType::kF32),
               json::parse(ReadTestFile("bert_uncased/pooled.json")));
}

TEST(GoldenTest, ThePoolerThatSimCseTrainsStandsInForBertsOwn) {
  OwnedTensors weights = ReadAll(ReadTestFile("bert_uncased/model.safetensors"));
  for (const char* part : {"weight", "bias"}) {
    auto node = weights.extract(std::string("pooler.dense.") + part);
    ASSERT_FALSE(node.empty());
    node.key() = std::string("mlp.dense.") + part;
    weights.insert(std::move(node));
  }
  ExpectPooled(ReadTestFile("bert_uncased/config.json"), Write(weights, DType::kF32),
               json::parse(ReadTestFile("bert_uncased/pooled.json")));
}

}  // namespace
}  // namespace semblance::encoder
