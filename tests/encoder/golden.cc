#include "tests/encoder/golden.h"

#include <gtest/gtest.h>

#include <cmath>

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

// wanted[i] belongs to ids[i]; neither is normalised.
void ExpectVectors(const std::string& config, const std::string& weights,
                   const std::vector<std::vector<int32_t>>& ids,
                   const std::vector<std::vector<float>>& wanted, const std::string& what) {
  const auto encoder = Encoder::Load(MakePackage(config, weights));
  const std::vector<float> vectors = encoder->EncodeIds(ids);
  const size_t dimension = encoder->dimension();
  ASSERT_EQ(vectors.size(), ids.size() * dimension);
  for (size_t i = 0; i < ids.size(); ++i) {
    const std::vector<float> got(vectors.begin() + static_cast<ptrdiff_t>(i * dimension),
                                 vectors.begin() + static_cast<ptrdiff_t>((i + 1) * dimension));
    EXPECT_LT(LargestDifference(got, Normalised(wanted[i])), kTolerance)
        << what << ", sentence " << i;
  }
}

std::vector<std::vector<int32_t>> IdsOf(const json& expected) {
  std::vector<std::vector<int32_t>> ids;
  for (const json& sentence : expected.at("sentences")) ids.push_back(sentence.at("input_ids"));
  return ids;
}

}  // namespace

void ExpectPooledClose(const std::string& config, const std::string& weights, const json& expected,
                       Precision precision, double least_cosine) {
  const auto ids = IdsOf(expected);
  for (const auto& [name, ignored] : expected["sentences"][0].at("pooled").items()) {
    const auto encoder = Encoder::Load(
        MakePackage(WithPooler(config, PoolerFromName(name)), weights), {.precision = precision});
    const std::vector<float> vectors = encoder->EncodeIds(ids);
    for (size_t i = 0; i < ids.size(); ++i) {
      const std::vector<float> wanted = Normalised(expected["sentences"][i]["pooled"][name]);
      double cosine = 0;
      for (size_t j = 0; j < wanted.size(); ++j) {
        cosine += double{wanted[j]} * vectors[i * wanted.size() + j];
      }
      EXPECT_GE(cosine, least_cosine)
          << PrecisionName(precision) << ", " << name << ", sentence " << i;
    }
  }
}

void ExpectPooled(const std::string& config, const std::string& weights, const json& expected) {
  const std::vector<std::vector<int32_t>> ids = IdsOf(expected);
  ASSERT_GE(ids.size(), 4u);
  for (const auto& [name, ignored] : expected["sentences"][0].at("pooled").items()) {
    std::vector<std::vector<float>> wanted;
    for (const json& sentence : expected["sentences"]) wanted.push_back(sentence["pooled"][name]);
    ExpectVectors(WithPooler(config, PoolerFromName(name)), weights, ids, wanted, name);
  }
}

void ExpectLayers(const std::string& config, const std::string& weights, const json& expected) {
  std::vector<std::vector<int32_t>> ids;
  std::vector<std::vector<std::vector<float>>> after;  // [layers + 1][sentence]
  for (const json& sentence : expected.at("sentences")) {
    if (!sentence.contains("first_token_after_layer")) continue;
    ids.push_back(sentence.at("input_ids"));
    const json& states = sentence["first_token_after_layer"];
    after.resize(states.size());
    for (size_t layer = 0; layer < states.size(); ++layer) after[layer].push_back(states[layer]);
  }
  ASSERT_GE(ids.size(), 4u);
  for (size_t layers = 0; layers < after.size(); ++layers) {
    json shorter = json::parse(WithPooler(config, Pooler::kClsBeforePooler));
    shorter["num_hidden_layers"] = layers;
    ExpectVectors(shorter.dump(), weights, ids, after[layers],
                  "after " + std::to_string(layers) + " layers");
  }
}

}  // namespace semblance::encoder
