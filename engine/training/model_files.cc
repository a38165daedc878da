#include "engine/training/model_files.h"

#include <span>

#include "engine/encoder/config.h"
#include "engine/encoder/error.h"
#include "engine/encoder/pooler.h"
#include "engine/encoder/safetensors.h"
#include "engine/encoder/whitening.h"
#include "engine/training/weights_file.h"

namespace semblance::training {
namespace {

using encoder::BertConfig;
using encoder::Error;
using encoder::ErrorKind;

constexpr const char* kConfig = "config.json";

constexpr const char* kPositions = "embeddings.position_embeddings.weight";

BertConfig ReadConfig(const encoder::ModelPackage& package) {
  const BertConfig config = BertConfig::Parse(package.File(kConfig));
  if (package.Has(encoder::Whitening::kFile)) {
    throw Error(ErrorKind::kUnsupported,
                "the base model is a whitened one; train from the model it was made of, and whiten "
                "the result");
  }
  if (config.architecture == encoder::Architecture::kMpnet ||
      config.architecture == encoder::Architecture::kAlbert) {
    throw Error(ErrorKind::kUnsupported,
                "training continues models of model_type bert, roberta, xlm-roberta and camembert; "
                "the base model's is " +
                    std::string(encoder::ModelType(config.architecture)));
  }
  if (config.activation != encoder::Activation::kGelu) {
    throw Error(ErrorKind::kUnsupported, "training continues models with hidden_act \"gelu\" only");
  }
  if (!config.prompt.empty()) {
    throw Error(ErrorKind::kUnsupported,
                "the base model puts \"" + config.prompt +
                    "\" in front of every text, which training does not do; take \"prompt\" out of "
                    "its config.json first");
  }
  return config;
}

}  // namespace

void AddConfig(const NetworkShape& shape, const Options& options, encoder::ModelPackage* package) {
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
  config.dims = options.dims;
  package->Add(kConfig, config.ToJson());
}

void AddNetworkFiles(const NetworkShape& shape, const Weights& weights, const Options& options,
                     encoder::ModelPackage* package) {
  AddConfig(shape, options, package);
  package->Add(kWeightsFile, WeightsFile(shape, weights, options.save_dtype));
}

NetworkShape ReadShape(const encoder::ModelPackage& package, int64_t* max_length) {
  const BertConfig config = ReadConfig(package);
  NetworkShape shape;
  shape.layers = config.layers;
  shape.hidden = config.hidden;
  shape.heads = config.heads;
  shape.intermediate = config.intermediate;
  shape.vocabulary = config.vocabulary;
  shape.positions = config.most_tokens();
  shape.token_types = config.token_types;
  shape.pad_token = config.pad_token;
  shape.epsilon = config.epsilon;
  shape.pooler = std::string(encoder::PoolerName(config.pooler));
  *max_length = config.max_length;
  return shape;
}

Weights ReadWeights(const encoder::ModelPackage& package) {
  const auto unused_rows = static_cast<ptrdiff_t>(ReadConfig(package).first_position());
  Weights weights;
  const auto file = encoder::SafeTensors::Parse(package.File(kWeightsFile));
  for (const auto& [name, tensor] : file.tensors()) {
    NamedTensor& read = weights[name] = {tensor.shape, tensor.ToFloats()};
    if (name != kPositions || read.shape.size() != 2 || read.shape[0] <= unused_rows) continue;
    read.values.erase(read.values.begin(),
                      read.values.begin() + unused_rows * static_cast<ptrdiff_t>(read.shape[1]));
    read.shape[0] -= unused_rows;
  }
  return weights;
}

void CopyTokenizerFiles(const encoder::ModelPackage& from, encoder::ModelPackage* to) {
  for (const auto& [name, bytes] : from.files()) {
    if (name == kConfig || name == kWeightsFile || name == "README.md") continue;
    to->Add(name, std::string(bytes));
  }
}

}  // namespace semblance::training
