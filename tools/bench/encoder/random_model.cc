#include "tools/bench/encoder/random_model.h"

#include <cmath>
#include <random>

#include "engine/encoder/safetensors.h"

namespace semblance::bench {
namespace {

class Drawer {
 public:
  Drawer(uint64_t seed, std::map<std::string, Tensor>* tensors)
      : random_(seed), tensors_(*tensors) {}

  void Draw(const std::string& name, const std::vector<int64_t>& shape, float centre,
            float spread) {
    size_t count = 1;
    for (const int64_t size : shape) count *= static_cast<size_t>(size);
    std::normal_distribution<float> normal(centre, spread);
    Tensor tensor{shape, std::vector<float>(count)};
    for (float& value : tensor.values) value = normal(random_);
    tensors_[name] = std::move(tensor);
  }
  void Linear(const std::string& prefix, int64_t outputs, int64_t inputs) {
    Draw(prefix + "weight", {outputs, inputs}, 0, 0.7f / std::sqrt(static_cast<float>(inputs)));
    Draw(prefix + "bias", {outputs}, 0, 0.1f);
  }
  void Norm(const std::string& prefix, int64_t width) {
    Draw(prefix + "weight", {width}, 1, 0.1f);
    Draw(prefix + "bias", {width}, 0, 0.1f);
  }

 private:
  std::mt19937_64 random_;
  std::map<std::string, Tensor>& tensors_;
};

}  // namespace

RandomModel MakeRandomModel(const encoder::BertConfig& config, uint64_t seed) {
  RandomModel model;
  model.config = config;
  Drawer drawer(seed, &model.tensors);
  const int64_t width = config.hidden, inner = config.intermediate;
  drawer.Draw("embeddings.word_embeddings.weight", {config.vocabulary, width}, 0, 0.05f);
  drawer.Draw("embeddings.position_embeddings.weight", {config.positions, width}, 0, 0.05f);
  drawer.Draw("embeddings.token_type_embeddings.weight", {config.token_types, width}, 0, 0.05f);
  drawer.Norm("embeddings.LayerNorm.", width);
  for (int64_t i = 0; i < config.layers; ++i) {
    const std::string layer = "encoder.layer." + std::to_string(i) + ".";
    for (const char* part : {"query.", "key.", "value."}) {
      drawer.Linear(layer + "attention.self." + part, width, width);
    }
    drawer.Linear(layer + "attention.output.dense.", width, width);
    drawer.Norm(layer + "attention.output.LayerNorm.", width);
    drawer.Linear(layer + "intermediate.dense.", inner, width);
    drawer.Linear(layer + "output.dense.", width, inner);
    drawer.Norm(layer + "output.LayerNorm.", width);
  }
  return model;
}

encoder::ModelPackage RandomModel::Package() const {
  std::map<std::string, encoder::TensorValues> values;
  for (const auto& [name, tensor] : tensors) values[name] = {tensor.shape, tensor.values};
  encoder::ModelPackage package;
  package.Add("config.json", config.ToJson());
  package.Add("model.safetensors", encoder::WriteSafeTensors(values, encoder::DType::kF32));
  for (const char* file : {"tokenizer.model", "tokenizer_config.json"}) {
    package.Add(file, std::string(encoder::ModelPackage::Default().File(file)));
  }
  return package;
}

}  // namespace semblance::bench
