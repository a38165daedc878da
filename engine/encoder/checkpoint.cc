#include "engine/encoder/checkpoint.h"

#include <map>
#include <vector>

#include "engine/encoder/weight_names.h"

namespace semblance::encoder {
namespace {

using Tensor = WeightFiles::Tensor;

constexpr const char* kSimCseHead = "mlp.dense.";
constexpr const char* kDense = "linear.";
constexpr const char* kParts[] = {"weight", "bias"};

// What the checkpoint puts in front of every name of the network.
std::string FindPrefix(const WeightFiles& weights) {
  std::vector<std::string> prefixes;
  for (const auto& [name, tensor] : weights.tensors()) {
    if (!name.ends_with(kWordTable)) continue;
    const std::string prefix = name.substr(0, name.size() - std::string_view(kWordTable).size());
    if (prefix.empty() || prefix.ends_with('.')) prefixes.push_back(prefix);
  }
  if (prefixes.empty()) {
    throw Error(ErrorKind::kMissing, std::string("the weights lack ") + kWordTable);
  }
  if (prefixes.size() > 1) {
    throw Error(ErrorKind::kUnsupported, "the weights are of several networks: " + prefixes[0] +
                                             kWordTable + " and " + prefixes[1] + kWordTable);
  }
  return prefixes[0];
}

std::string NewName(std::string name) {
  const auto replace = [&](std::string_view old, const char* now) {
    if (name.ends_with(old)) name.replace(name.size() - old.size(), old.size(), now);
  };
  replace("LayerNorm.gamma", "LayerNorm.weight");
  replace("LayerNorm.beta", "LayerNorm.bias");
  return name;
}

bool IsOfTheNetwork(const std::string& name) {
  return name.starts_with("embeddings.") || name.starts_with("encoder.") ||
         name.starts_with("pooler.");
}

// Numbers of positions, which some checkpoints carry along.
bool IsBuffer(const std::string& name) {
  return name.ends_with(".position_ids") || name.ends_with(".token_type_ids");
}

// Where in the checkpoint each tensor of the network is.
std::map<std::string, const Tensor*> Assign(const WeightFiles& weights, const BertConfig& config,
                                            const WeightFiles* dense) {
  const std::string prefix = FindPrefix(weights);
  const auto shapes = WeightShapes(config);
  std::map<std::string, const Tensor*> assigned;
  for (const auto& [full_name, tensor] : weights.tensors()) {
    if (!full_name.starts_with(prefix)) continue;
    const std::string name = NewName(full_name.substr(prefix.size()));
    if (!IsOfTheNetwork(name) || IsBuffer(name)) continue;
    if (shapes.count(name) == 0) {
      throw Error(ErrorKind::kUnsupported, "the weights have " + full_name +
                                               ", which a network of model_type \"" +
                                               std::string(ModelType(config.architecture)) +
                                               "\" and the sizes of config.json does not");
    }
    if (!assigned.emplace(name, &tensor).second) {
      throw Error(ErrorKind::kCorruption, "the weights have " + name + " by two names");
    }
  }
  const auto replace_pooler = [&](const WeightFiles& from, const char* head) {
    for (const char* part : kParts) {
      const auto found = from.tensors().find(std::string(head) + part);
      if (found == from.tensors().end()) continue;
      assigned[PoolerPrefix(config.architecture) + part] = &found->second;
    }
  };
  replace_pooler(weights, kSimCseHead);
  if (dense != nullptr) replace_pooler(*dense, kDense);
  for (const auto& [name, shape] : shapes) {
    const std::string other = weights.OtherType(prefix + name);
    if (assigned.count(name) > 0 || other.empty()) continue;
    throw Error(ErrorKind::kUnsupported,
                "the weights have " + name + " as " + other + "; F32, F16 and BF16 are read");
  }
  return assigned;
}

// F16 or BF16 when all are that.
DType CommonType(const std::map<std::string, const Tensor*>& assigned) {
  const DType first = WeightFiles::Type(*assigned.begin()->second);
  for (const auto& [name, tensor] : assigned) {
    if (WeightFiles::Type(*tensor) != first) return DType::kF32;
  }
  return first;
}

}  // namespace

bool HasSimCseHead(const WeightFiles& weights) {
  return weights.tensors().count(std::string(kSimCseHead) + kParts[0]) > 0;
}

std::string ConvertWeights(const WeightFiles& weights, const BertConfig& config,
                           const WeightFiles* dense) {
  const auto assigned = Assign(weights, config, dense);
  std::map<std::string, std::vector<float>> values;
  std::map<std::string, TensorValues> tensors;
  for (const auto& [name, tensor] : assigned) {
    try {
      values[name] = WeightFiles::Floats(*tensor);
    } catch (const Error& error) {
      throw Error(error.kind(), name + ": " + error.what());
    }
    tensors[name] = {WeightFiles::Shape(*tensor), values[name]};
  }
  return WriteSafeTensors(tensors, CommonType(assigned));
}

}  // namespace semblance::encoder
