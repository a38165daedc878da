#include "tools/bench/encoder/onnx_model.h"

#include "engine/encoder/wire.h"

namespace semblance::bench {
namespace {

using encoder::WriteBytes;
using encoder::WriteFloat;
using encoder::WriteNumber;

// Field numbers and values of onnx.proto.
constexpr uint64_t kFloat = 1, kInt32 = 6, kInt64 = 7;
constexpr const char* kOwn = "com.microsoft";  // the domain of onnxruntime's fused operations

struct Node {
  std::string type, domain;
  std::vector<std::string> inputs;
  std::string output;
  std::string attributes = "";     // AttributeProto fields, written
  std::string second_output = "";  // which nobody reads
};

std::string FloatAttribute(const std::string& name, float value) {
  std::string attribute, field;
  WriteBytes(1, name, &attribute);
  WriteFloat(2, value, &attribute);
  WriteNumber(20, 1, &attribute);
  WriteBytes(5, attribute, &field);
  return field;
}

std::string NumberAttribute(const std::string& name, int64_t value) {
  std::string attribute, field;
  WriteBytes(1, name, &attribute);
  WriteNumber(3, static_cast<uint64_t>(value), &attribute);
  WriteNumber(20, 2, &attribute);
  WriteBytes(5, attribute, &field);
  return field;
}

// Sizes are numbers, or names of what is only known when it runs.
std::string ValueInfo(const std::string& name, uint64_t type,
                      const std::vector<std::string>& sizes) {
  std::string shape, tensor, holder, info;
  for (const std::string& size : sizes) {
    std::string dimension;
    if (size[0] >= '0' && size[0] <= '9') {
      WriteNumber(1, std::stoull(size), &dimension);
    } else {
      WriteBytes(2, size, &dimension);
    }
    WriteBytes(1, dimension, &shape);
  }
  WriteNumber(1, type, &tensor);
  WriteBytes(2, shape, &tensor);
  WriteBytes(1, tensor, &holder);
  WriteBytes(1, name, &info);
  WriteBytes(2, holder, &info);
  return info;
}

class Graph {
 public:
  explicit Graph(const RandomModel& model) : model_(model) {}

  std::string Write() {
    Embed();
    for (int64_t i = 0; i < model_.config.layers; ++i) {
      AddLayer("encoder.layer." + std::to_string(i) + ".");
    }
    Pool();
    const std::string hidden = std::to_string(model_.config.hidden);
    WriteBytes(2, "encoder", &graph_);
    WriteBytes(11, ValueInfo("input_ids", kInt32, {"batch", "tokens"}), &graph_);
    WriteBytes(11, ValueInfo("mask", kInt32, {"batch", "tokens"}), &graph_);
    WriteBytes(12, ValueInfo("sum", kFloat, {"batch", "1", hidden}), &graph_);
    return graph_;
  }

 private:
  const Tensor& Find(const std::string& name) const { return model_.tensors.at(name); }

  void AddRaw(const std::string& name, uint64_t type, const std::vector<int64_t>& shape,
              std::string_view raw) {
    std::string tensor;
    for (const int64_t size : shape) WriteNumber(1, static_cast<uint64_t>(size), &tensor);
    WriteNumber(2, type, &tensor);
    WriteBytes(8, name, &tensor);
    WriteBytes(9, raw, &tensor);
    WriteBytes(5, tensor, &graph_);
  }
  void AddFloats(const std::string& name, const std::vector<int64_t>& shape,
                 const std::vector<float>& values) {
    AddRaw(name, kFloat, shape,
           {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
  }
  void Add(const std::string& name) { AddFloats(name, Find(name).shape, Find(name).values); }

  // Weights that lie beside each other: [outputs, inputs] each -> [inputs, all outputs].
  void AddLinear(const std::string& name, const std::vector<std::string>& parts) {
    const int64_t inputs = Find(parts[0] + "weight").shape[1];
    std::vector<float> weight, bias;
    for (int64_t row = 0; row < inputs; ++row) {
      for (const std::string& part : parts) {
        const std::vector<float>& values = Find(part + "weight").values;
        for (size_t i = static_cast<size_t>(row); i < values.size();
             i += static_cast<size_t>(inputs)) {
          weight.push_back(values[i]);
        }
      }
    }
    for (const std::string& part : parts) {
      const std::vector<float>& values = Find(part + "bias").values;
      bias.insert(bias.end(), values.begin(), values.end());
    }
    const auto outputs = static_cast<int64_t>(bias.size());
    AddFloats(name + ".weight", {inputs, outputs}, weight);
    AddFloats(name + ".bias", {outputs}, bias);
  }

  void AddNode(const Node& node) {
    std::string text;
    for (const std::string& input : node.inputs) WriteBytes(1, input, &text);
    WriteBytes(2, node.output, &text);
    if (!node.second_output.empty()) WriteBytes(2, node.second_output, &text);
    WriteBytes(3, node.output + "/" + node.type, &text);
    WriteBytes(4, node.type, &text);
    text += node.attributes;
    if (!node.domain.empty()) WriteBytes(7, node.domain, &text);
    WriteBytes(1, text, &graph_);
  }

  std::string Epsilon() const {
    return FloatAttribute("epsilon", static_cast<float>(model_.config.epsilon));
  }

  void Embed() {
    const std::string words = "embeddings.word_embeddings.weight";
    const std::string positions = "embeddings.position_embeddings.weight";
    const std::string norm = "embeddings.LayerNorm.";
    Add(words);
    Tensor table = Find(positions);  // all tokens are of type 0, which is added here
    const Tensor& types = Find("embeddings.token_type_embeddings.weight");
    const auto width = static_cast<size_t>(model_.config.hidden);
    for (size_t i = 0; i < table.values.size(); ++i) table.values[i] += types.values[i % width];
    AddFloats(positions, table.shape, table.values);
    Add(norm + "weight");
    Add(norm + "bias");
    AddNode({"EmbedLayerNormalization",
             kOwn,
             {"input_ids", "", words, positions, "", norm + "weight", norm + "bias"},
             "hidden",
             Epsilon(),
             "lengths"});
    last_ = "hidden";
  }

  void MatMul(const std::string& input, const std::string& linear, const std::string& output) {
    AddNode({"MatMul", "", {input, linear + ".weight"}, output});
  }
  void SkipNorm(const std::string& input, const std::string& linear, const std::string& norm,
                const std::string& output) {
    Add(norm + "weight");
    Add(norm + "bias");
    AddNode({"SkipLayerNormalization",
             kOwn,
             {input, last_, norm + "weight", norm + "bias", linear + ".bias"},
             output,
             Epsilon()});
    last_ = output;
  }

  void AddLayer(const std::string& layer) {
    const std::string self = layer + "attention.self.", close = layer + "attention.output.";
    AddLinear(layer + "qkv", {self + "query.", self + "key.", self + "value."});
    AddLinear(layer + "close", {close + "dense."});
    AddLinear(layer + "inner", {layer + "intermediate.dense."});
    AddLinear(layer + "outer", {layer + "output.dense."});
    AddNode({"Attention",
             kOwn,
             {last_, layer + "qkv.weight", layer + "qkv.bias", "mask"},
             layer + "context",
             NumberAttribute("num_heads", model_.config.heads)});
    MatMul(layer + "context", layer + "close", layer + "closed");
    SkipNorm(layer + "closed", layer + "close", close + "LayerNorm.", layer + "attended");
    MatMul(last_, layer + "inner", layer + "widened");
    AddNode({"BiasGelu", kOwn, {layer + "widened", layer + "inner.bias"}, layer + "bent"});
    MatMul(layer + "bent", layer + "outer", layer + "narrowed");
    SkipNorm(layer + "narrowed", layer + "outer", layer + "output.LayerNorm.", layer + "done");
  }

  void Pool() {
    const int64_t axis = 1;
    AddRaw("axis", kInt64, {1}, {reinterpret_cast<const char*>(&axis), sizeof(axis)});
    AddNode({"Cast", "", {"mask"}, "weights", NumberAttribute("to", kFloat)});
    AddNode({"Unsqueeze", "", {"weights", "axis"}, "row"});
    AddNode({"MatMul", "", {"row", last_}, "sum"});
  }

  const RandomModel& model_;
  std::string graph_;
  std::string last_;  // the states that the next layer reads
};

}  // namespace

std::string OnnxFile(const RandomModel& model) {
  std::string file;
  WriteNumber(1, 8, &file);  // ir_version
  for (const auto& [domain, version] : {std::pair<std::string, uint64_t>{"", 17}, {kOwn, 1}}) {
    std::string set;
    WriteBytes(1, domain, &set);
    WriteNumber(2, version, &set);
    WriteBytes(8, set, &file);
  }
  WriteBytes(7, Graph(model).Write(), &file);
  return file;
}

}  // namespace semblance::bench
