#include "tests/encoder/fixtures.h"

#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>

namespace semblance::encoder {
namespace {

void Add(OwnedTensors* tensors, const std::string& name, std::vector<int64_t> shape, float centre,
         float spread, std::mt19937_64* random) {
  size_t count = 1;
  for (const int64_t size : shape) count *= static_cast<size_t>(size);
  std::normal_distribution<float> normal(centre, spread);
  OwnedTensor tensor{std::move(shape), std::vector<float>(count)};
  for (float& value : tensor.values) value = normal(*random);
  (*tensors)[name] = std::move(tensor);
}

}  // namespace

std::string ReadTestFile(const std::string& name) {
  std::ifstream file(std::string(SEMBLANCE_SOURCE_DIR) + "/tests/encoder/data/" + name,
                     std::ios::binary);
  if (!file) throw std::runtime_error("no test file " + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

BertConfig SmallConfig(int64_t layers, int64_t hidden, int64_t heads) {
  BertConfig config;
  config.layers = layers;
  config.hidden = hidden;
  config.heads = heads;
  config.intermediate = 2 * hidden;
  config.vocabulary = 320;
  config.positions = 96;
  config.max_length = 64;
  return config;
}

OwnedTensors RandomTensors(const BertConfig& config, uint64_t seed) {
  std::mt19937_64 random(seed);
  OwnedTensors tensors;
  const int64_t d = config.hidden, f = config.intermediate;
  const auto matrix = [&](const std::string& name, int64_t rows, int64_t columns) {
    const float spread = 0.7f / std::sqrt(static_cast<float>(columns));
    Add(&tensors, name, {rows, columns}, 0.0f, spread, &random);
  };
  const auto dense = [&](const std::string& prefix, int64_t outputs, int64_t inputs) {
    matrix(prefix + "weight", outputs, inputs);
    Add(&tensors, prefix + "bias", {outputs}, 0.0f, 0.1f, &random);
  };
  const auto norm = [&](const std::string& prefix) {
    Add(&tensors, prefix + "weight", {d}, 1.0f, 0.1f, &random);
    Add(&tensors, prefix + "bias", {d}, 0.0f, 0.1f, &random);
  };
  matrix("embeddings.word_embeddings.weight", config.vocabulary, d);
  matrix("embeddings.position_embeddings.weight", config.positions, d);
  matrix("embeddings.token_type_embeddings.weight", config.token_types, d);
  norm("embeddings.LayerNorm.");
  for (int64_t i = 0; i < config.layers; ++i) {
    const std::string prefix = "encoder.layer." + std::to_string(i) + ".";
    for (const char* part : {"query.", "key.", "value."}) {
      dense(prefix + "attention.self." + part, d, d);
    }
    dense(prefix + "attention.output.dense.", d, d);
    norm(prefix + "attention.output.LayerNorm.");
    dense(prefix + "intermediate.dense.", f, d);
    dense(prefix + "output.dense.", d, f);
    norm(prefix + "output.LayerNorm.");
  }
  dense("pooler.dense.", d, d);
  return tensors;
}

std::string Write(const OwnedTensors& tensors, DType dtype) {
  std::map<std::string, TensorValues> values;
  for (const auto& [name, tensor] : tensors) values[name] = {tensor.shape, tensor.values};
  return WriteSafeTensors(values, dtype);
}

OwnedTensors ReadAll(std::string_view safetensors) {
  OwnedTensors tensors;
  const SafeTensors parsed = SafeTensors::Parse(safetensors);
  for (const auto& [name, view] : parsed.tensors()) {
    tensors[name] = {view.shape, view.ToFloats()};
  }
  return tensors;
}

ModelPackage MakePackage(const std::string& config_json, const std::string& safetensors) {
  ModelPackage package;
  package.Add("config.json", config_json);
  package.Add("model.safetensors", safetensors);
  package.Add("tokenizer.model", ReadTestFile("tokenizer/tokenizer.model"));
  package.Add("tokenizer_config.json", ReadTestFile("tokenizer/tokenizer_config.json"));
  return package;
}

ModelPackage RandomPackage(const BertConfig& config, uint64_t seed, DType dtype) {
  return MakePackage(config.ToJson(), Write(RandomTensors(config, seed), dtype));
}

std::string WithPooler(const std::string& config_json, Pooler pooler) {
  nlohmann::json config = nlohmann::json::parse(config_json);
  config["semblance"]["pooler"] = PoolerName(pooler);
  return config.dump();
}

std::vector<std::vector<int32_t>> RandomIds(const std::vector<size_t>& lengths, int64_t vocabulary,
                                            uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<int32_t> any(0, static_cast<int32_t>(vocabulary - 1));
  std::vector<std::vector<int32_t>> ids;
  for (const size_t length : lengths) {
    ids.emplace_back(length);
    for (int32_t& id : ids.back()) id = any(random);
  }
  return ids;
}

float LargestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return std::numeric_limits<float>::infinity();
  float largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const float difference = std::abs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference;  // NaN counts
  }
  return largest;
}

TempFolder::TempFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "semblance-encoder-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace semblance::encoder
