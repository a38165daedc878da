#include "engine/encoder/weight_names.h"

#include "engine/encoder/relative_bias.h"

namespace semblance::encoder {
namespace {

LayerNames MpnetNames(const std::string& layer) {
  return {.query = layer + "attention.attn.q.",
          .key = layer + "attention.attn.k.",
          .value = layer + "attention.attn.v.",
          .attention_output = layer + "attention.attn.o.",
          .attention_norm = layer + "attention.LayerNorm.",
          .intermediate = layer + "intermediate.dense.",
          .output = layer + "output.dense.",
          .output_norm = layer + "output.LayerNorm."};
}

LayerNames AlbertNames(const std::string& layer) {
  return {.query = layer + "attention.query.",
          .key = layer + "attention.key.",
          .value = layer + "attention.value.",
          .attention_output = layer + "attention.dense.",
          .attention_norm = layer + "attention.LayerNorm.",
          .intermediate = layer + "ffn.",
          .output = layer + "ffn_output.",
          .output_norm = layer + "full_layer_layer_norm."};
}

LayerNames BertNames(const std::string& layer) {
  return {.query = layer + "attention.self.query.",
          .key = layer + "attention.self.key.",
          .value = layer + "attention.self.value.",
          .attention_output = layer + "attention.output.dense.",
          .attention_norm = layer + "attention.output.LayerNorm.",
          .intermediate = layer + "intermediate.dense.",
          .output = layer + "output.dense.",
          .output_norm = layer + "output.LayerNorm."};
}

}  // namespace

LayerNames NamesOfLayer(const BertConfig& config, int64_t layer) {
  if (config.architecture == Architecture::kAlbert) {
    const int64_t group = layer * config.layer_groups / config.layers;
    return AlbertNames("encoder.albert_layer_groups." + std::to_string(group) +
                       ".albert_layers.0.");
  }
  const std::string prefix = "encoder.layer." + std::to_string(layer) + ".";
  return config.architecture == Architecture::kMpnet ? MpnetNames(prefix) : BertNames(prefix);
}

std::string PoolerPrefix(Architecture architecture) {
  return architecture == Architecture::kAlbert ? "pooler." : "pooler.dense.";
}

std::map<std::string, std::vector<int64_t>> WeightShapes(const BertConfig& config) {
  const int64_t width = config.embedding_width(), hidden = config.hidden;
  std::map<std::string, std::vector<int64_t>> shapes = {
      {kWordTable, {config.vocabulary, width}},
      {"embeddings.position_embeddings.weight", {config.positions, width}}};
  const auto norm = [&](const std::string& name, int64_t size) {
    shapes[name + "weight"] = {size};
    shapes[name + "bias"] = {size};
  };
  const auto dense = [&](const std::string& name, int64_t outputs, int64_t inputs) {
    shapes[name + "weight"] = {outputs, inputs};
    shapes[name + "bias"] = {outputs};
  };
  norm("embeddings.LayerNorm.", width);
  if (config.token_types > 0) {
    shapes["embeddings.token_type_embeddings.weight"] = {config.token_types, width};
  }
  if (config.architecture == Architecture::kAlbert) dense(kMapping, hidden, width);
  if (config.architecture == Architecture::kMpnet) {
    shapes[kRelativeBias] = {kDistanceBuckets, config.heads};
  }
  for (int64_t i = 0; i < config.layers; ++i) {
    const LayerNames layer = NamesOfLayer(config, i);
    for (const std::string& name : {layer.query, layer.key, layer.value, layer.attention_output}) {
      dense(name, hidden, hidden);
    }
    norm(layer.attention_norm, hidden);
    dense(layer.intermediate, config.intermediate, hidden);
    dense(layer.output, hidden, config.intermediate);
    norm(layer.output_norm, hidden);
  }
  dense(PoolerPrefix(config.architecture), hidden, hidden);
  return shapes;
}

}  // namespace semblance::encoder
