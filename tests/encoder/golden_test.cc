// The network against the reference implementation: tiny models with random weights and what
// transformers and SimCSE compute from them (data/README.md).
#include <gtest/gtest.h>

#include "tests/encoder/fixtures.h"
#include "tests/encoder/golden.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

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

}  // namespace
}  // namespace semblance::encoder
