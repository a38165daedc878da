#include "engine/training/weights.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string_view>

#include "engine/encoder/error.h"
#include "engine/training/random.h"

namespace semblance::training {
namespace {

constexpr uint64_t kWeightStream = 0x77656967687473;
constexpr double kInitialDeviation = 0.02;
constexpr const char* kPositions = "embeddings.position_embeddings.weight";

bool EndsWith(const std::string& text, const char* end) {
  const std::string_view tail(end);
  return text.size() >= tail.size() &&
         std::string_view(text).substr(text.size() - tail.size()) == tail;
}

uint64_t NameHash(const std::string& name) {
  uint64_t hash = kWeightStream;
  for (const char c : name) hash = Mix(hash ^ static_cast<unsigned char>(c));
  return hash;
}

// Each tensor has a stream of its own, so that a grown network starts from the numbers a full one
// would have.
NamedTensor InitialTensor(const std::string& name, const std::vector<int64_t>& shape,
                          uint64_t seed) {
  NamedTensor tensor;
  tensor.shape = shape;
  const int64_t size = std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
  tensor.values.assign(static_cast<size_t>(size), 0);
  if (EndsWith(name, "LayerNorm.weight")) {
    std::fill(tensor.values.begin(), tensor.values.end(), 1.0f);
  } else if (shape.size() == 2) {
    Random random(seed, NameHash(name));
    for (float& value : tensor.values)
      value = static_cast<float>(kInitialDeviation * random.Normal());
  }
  return tensor;
}

std::string LastNorm(int64_t layers) {
  return layers == 0 ? std::string("embeddings.LayerNorm.")
                     : LayerPrefix(layers - 1) + "output.LayerNorm.";
}

void MoveNorm(const std::string& from, const std::string& to, Weights* weights) {
  for (const char* part : {"weight", "bias"}) {
    std::swap(weights->at(from + part).values, weights->at(to + part).values);
  }
}

void SilenceLayer(int64_t layer, Weights* weights) {
  for (const char* name : {"attention.output.dense.weight", "output.dense.weight"}) {
    std::vector<float>& values = weights->at(LayerPrefix(layer) + name).values;
    std::fill(values.begin(), values.end(), 0.0f);
  }
}

// Rows beyond those that a shorter table has are new.
void LengthenPositions(const NetworkShape& shape, uint64_t seed, Weights* weights) {
  const auto found = weights->find(kPositions);
  if (found == weights->end() || found->second.shape.size() != 2) return;
  NamedTensor& table = found->second;
  if (table.shape[1] != shape.hidden || table.shape[0] >= shape.positions) return;
  NamedTensor longer = InitialTensor(kPositions, {shape.positions, shape.hidden}, seed);
  std::copy(table.values.begin(), table.values.end(), longer.values.begin());
  table = std::move(longer);
}

}  // namespace

std::string LayerPrefix(int64_t layer) { return "encoder.layer." + std::to_string(layer) + "."; }

std::map<std::string, std::vector<int64_t>> TensorShapes(const NetworkShape& shape) {
  const int64_t d = shape.hidden, f = shape.intermediate;
  std::map<std::string, std::vector<int64_t>> shapes = {
      {"embeddings.word_embeddings.weight", {shape.vocabulary, d}},
      {kPositions, {shape.positions, d}},
      {"embeddings.token_type_embeddings.weight", {shape.token_types, d}}};
  const auto norm = [&](const std::string& prefix) {
    shapes[prefix + "weight"] = {d};
    shapes[prefix + "bias"] = {d};
  };
  const auto dense = [&](const std::string& prefix, int64_t outputs, int64_t inputs) {
    shapes[prefix + "weight"] = {outputs, inputs};
    shapes[prefix + "bias"] = {outputs};
  };
  norm("embeddings.LayerNorm.");
  for (int64_t layer = 0; layer < shape.layers; ++layer) {
    const std::string prefix = LayerPrefix(layer);
    for (const char* name : {"query.", "key.", "value."})
      dense(prefix + "attention.self." + name, d, d);
    dense(prefix + "attention.output.dense.", d, d);
    norm(prefix + "attention.output.LayerNorm.");
    dense(prefix + "intermediate.dense.", f, d);
    dense(prefix + "output.dense.", d, f);
    norm(prefix + "output.LayerNorm.");
  }
  if (shape.pooler == "cls") dense("pooler.dense.", d, d);
  return shapes;
}

Weights InitialWeights(const NetworkShape& shape, uint64_t seed) {
  Weights weights;
  for (const auto& [name, tensor_shape] : TensorShapes(shape)) {
    weights.emplace(name, InitialTensor(name, tensor_shape, seed));
  }
  std::fill_n(weights.at("embeddings.token_type_embeddings.weight").values.begin(),
              shape.token_types * shape.hidden, 0.0f);
  if (shape.layers == 0) {
    std::vector<float>& positions = weights.at(kPositions).values;
    std::fill(positions.begin(), positions.end(), 0.0f);
  }
  return weights;
}

void FitWeights(const NetworkShape& shape, int64_t layers_before, uint64_t seed, Weights* weights) {
  LengthenPositions(shape, seed, weights);
  const auto shapes = TensorShapes(shape);
  std::erase_if(*weights, [&](const auto& entry) { return shapes.count(entry.first) == 0; });
  for (const auto& [name, tensor_shape] : shapes) {
    const auto found = weights->find(name);
    const bool is_pooler = name.starts_with("pooler.");
    bool is_new_layer = false;
    for (int64_t layer = layers_before; layer < shape.layers; ++layer) {
      is_new_layer = is_new_layer || name.starts_with(LayerPrefix(layer));
    }
    if (found == weights->end() && (is_pooler || is_new_layer)) {
      weights->emplace(name, InitialTensor(name, tensor_shape, seed));
    } else if (found == weights->end() || found->second.shape != tensor_shape) {
      throw encoder::Error(encoder::ErrorKind::kInvalid,
                           "the base model's tensor " + name + " is missing or has another shape");
    }
  }
  if (shape.layers <= layers_before) return;
  for (int64_t layer = layers_before; layer < shape.layers; ++layer) SilenceLayer(layer, weights);
  MoveNorm(LastNorm(layers_before), LastNorm(shape.layers), weights);
}

}  // namespace semblance::training
