#include "engine/training/model_files.h"

#include <span>

#include "engine/encoder/config.h"
#include "engine/encoder/error.h"
#include "engine/encoder/pooler.h"
#include "engine/encoder/safetensors.h"

namespace semblance::training {
namespace {

using encoder::BertConfig;
using encoder::Error;
using encoder::ErrorKind;

constexpr const char* kConfig = "config.json";
constexpr const char* kTensors = "model.safetensors";

// A pooler head that only training uses is not part of the finished model.
bool DropsHead(const NetworkShape& shape) { return shape.pooler == "cls" && shape.mlp_only_train; }

// Checkpoints of BERT with a task head have the network below "bert.".
std::string WithoutPrefix(const std::string& name) {
  return name.starts_with("bert.") ? name.substr(5) : name;
}

}  // namespace

void AddNetworkFiles(const NetworkShape& shape, const Weights& weights, const Options& options,
                     encoder::ModelPackage* package) {
  BertConfig config;
  config.layers = shape.layers;
  config.hidden = shape.hidden;
  config.heads = shape.heads;
  config.intermediate = shape.intermediate;
  config.vocabulary = shape.vocabulary;
  config.positions = shape.positions;
  config.token_types = shape.token_types;
  config.pad_token = shape.pad_token;
  config.epsilon = shape.epsilon;
  config.pooler = encoder::PoolerFromName(DropsHead(shape) ? "cls_before_pooler" : shape.pooler);
  config.max_length = options.max_length;
  package->Add(kConfig, config.ToJson());

  std::map<std::string, encoder::TensorValues> tensors;
  for (const auto& [name, tensor] : weights) {
    if (DropsHead(shape) && name.starts_with("pooler.")) continue;
    tensors[name] = {tensor.shape, std::span<const float>(tensor.values)};
  }
  const encoder::DType dtype =
      options.save_dtype == "f16" ? encoder::DType::kF16 : encoder::DType::kF32;
  package->Add(kTensors, encoder::WriteSafeTensors(tensors, dtype));
}

NetworkShape ReadShape(const encoder::ModelPackage& package, int64_t* max_length) {
  const BertConfig config = BertConfig::Parse(package.File(kConfig));
  if (config.activation != encoder::Activation::kGelu) {
    throw Error(ErrorKind::kUnsupported, "training continues models with hidden_act \"gelu\" only");
  }
  NetworkShape shape;
  shape.layers = config.layers;
  shape.hidden = config.hidden;
  shape.heads = config.heads;
  shape.intermediate = config.intermediate;
  shape.vocabulary = config.vocabulary;
  shape.positions = config.positions;
  shape.token_types = config.token_types;
  shape.pad_token = config.pad_token;
  shape.epsilon = config.epsilon;
  shape.pooler = std::string(encoder::PoolerName(config.pooler));
  *max_length = config.max_length;
  return shape;
}

Weights ReadWeights(const encoder::ModelPackage& package) {
  Weights weights;
  const auto file = encoder::SafeTensors::Parse(package.File(kTensors));
  for (const auto& [name, tensor] : file.tensors()) {
    weights[WithoutPrefix(name)] = {tensor.shape, tensor.ToFloats()};
  }
  return weights;
}

void CopyTokenizerFiles(const encoder::ModelPackage& from, encoder::ModelPackage* to) {
  for (const auto& [name, bytes] : from.files()) {
    if (name == kConfig || name == kTensors || name == "README.md") continue;
    to->Add(name, std::string(bytes));
  }
}

}  // namespace semblance::training
