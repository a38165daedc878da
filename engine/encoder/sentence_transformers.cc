#include "engine/encoder/sentence_transformers.h"

#include <map>
#include <utility>
#include <vector>

#include "engine/encoder/folder_files.h"
#include "engine/encoder/json_internal.h"
#include "engine/encoder/named_weights.h"
#include "engine/encoder/weight_names.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

constexpr const char* kModules = "modules.json";
constexpr const char* kPrompts = "config_sentence_transformers.json";
constexpr const char* kTypes = "sentence_transformers.models.";
constexpr size_t kLongest = size_t{1} << 20;
constexpr int64_t kMostTokens = INT32_MAX;
// Named after the architecture by old versions.
constexpr const char* kLengthFiles[] = {
    "sentence_bert_config.json",        "sentence_roberta_config.json",
    "sentence_xlm-roberta_config.json", "sentence_camembert_config.json",
    "sentence_albert_config.json",      "sentence_distilbert_config.json"};

[[noreturn]] void Unsupported(const std::string& message) {
  throw Error(ErrorKind::kUnsupported, message);
}

std::string ReadJsonFile(const std::string& path) {
  std::string text = ReadWholeFile(path);
  if (text.size() > kLongest) throw Error(ErrorKind::kCorruption, path + " is too long");
  return text;
}

// {"Transformer": folder, "Pooling": folder, ...} in their order.
std::vector<std::pair<std::string, std::string>> ReadSteps(const std::string& directory) {
  std::vector<std::pair<std::string, std::string>> steps;
  for (const json& module : ParseJsonArray(ReadJsonFile(directory + "/" + kModules), kModules)) {
    if (!module.is_object()) {
      throw Error(ErrorKind::kCorruption, "modules.json: a step is no object");
    }
    const std::string type = StringOr(module, "type", "", kModules);
    const std::string folder = StringOr(module, "path", "", kModules);
    if (!folder.empty() && !IsPlainName(folder)) {
      throw Error(ErrorKind::kInvalid, "modules.json: a step's path leads out of the folder");
    }
    steps.emplace_back(type.substr(type.rfind('.') + 1), folder);
  }
  return steps;
}

// The one kind of pooling that is on.
std::string PoolingMode(const json& pooling, const std::string& what) {
  const std::string prefix = "pooling_mode_";
  std::string mode = StringOr(pooling, "pooling_mode", "", what);
  for (const auto& [key, value] : pooling.items()) {
    if (!key.starts_with(prefix) || !BoolOr(pooling, key.c_str(), false, what)) continue;
    if (!mode.empty()) Unsupported(what + ": several kinds of pooling side by side");
    mode = key.substr(prefix.size());
  }
  return mode;
}

Pooler ReadPooling(const std::string& folder, bool has_prompt) {
  const std::string what = folder + "/config.json";
  const json pooling = ParseJsonObject(ReadJsonFile(what), what);
  if (has_prompt && !BoolOr(pooling, "include_prompt", true, what)) {
    Unsupported(what + ": a prompt that is left out of the mean (include_prompt false)");
  }
  const std::string mode = PoolingMode(pooling, what);
  if (mode == "cls_token" || mode == "cls") return Pooler::kClsBeforePooler;
  // The sum over the square root of the length: at unit length it is the mean.
  for (const char* mean : {"mean_tokens", "mean", "mean_sqrt_len_tokens"}) {
    if (mode == mean) return Pooler::kAvg;
  }
  Unsupported(what + ": pooling by " + (mode.empty() ? "nothing" : mode) +
              "; mean_tokens and cls_token are computed");
}

// A square layer with tanh behind the first token is what SimCSE calls the pooler cls.
void CheckDense(const std::string& folder, const std::optional<Pooler>& before) {
  const std::string what = folder + "/config.json";
  const json dense = ParseJsonObject(ReadJsonFile(what), what);
  const int64_t in = IntegerOr(dense, "in_features", 0, 0, kMostTokens, what);
  const std::string function = StringOr(dense, "activation_function", "", what);
  if (before != Pooler::kClsBeforePooler || !function.ends_with("Tanh") ||
      in != IntegerOr(dense, "out_features", 0, 0, kMostTokens, what) ||
      !BoolOr(dense, "bias", true, what)) {
    Unsupported(what +
                ": a Dense step is computed only behind cls_token, with Tanh, a bias and as many "
                "outputs as inputs");
  }
}

void ReadLengths(const std::string& home, SentenceSettings* settings) {
  for (const char* name : kLengthFiles) {
    const std::string path = home + "/" + name;
    if (!IsFile(path)) continue;
    const json object = ParseJsonObject(ReadJsonFile(path), name);
    const int64_t length = IntegerOr(object, "max_seq_length", 0, 0, kMostTokens, name);
    if (length > 0) settings->max_length = length;
    settings->lower_case = BoolOr(object, "do_lower_case", false, name);
    return;
  }
}

std::string ReadPrompt(const std::string& directory) {
  const std::string path = directory + "/" + kPrompts;
  if (!IsFile(path)) return "";
  const json object = ParseJsonObject(ReadJsonFile(path), kPrompts);
  const std::string name = StringOr(object, "default_prompt_name", "", kPrompts);
  if (name.empty()) return "";
  const auto prompts = object.find("prompts");
  if (prompts == object.end() || !prompts->is_object() || !prompts->contains(name)) {
    throw Error(ErrorKind::kCorruption, std::string(kPrompts) + ": there is no prompt \"" + name +
                                            "\", which default_prompt_name asks for");
  }
  return StringOr(*prompts, name.c_str(), "", kPrompts);
}

}  // namespace

SentenceSettings ReadSentenceSettings(const std::string& directory) {
  SentenceSettings settings;
  if (!IsFile(directory + "/" + kModules)) {
    ReadLengths(directory, &settings);
    return settings;
  }
  settings.prompt = ReadPrompt(directory);
  bool is_first = true;
  for (const auto& [type, folder] : ReadSteps(directory)) {
    const std::string path = directory + "/" + folder;
    if (is_first != (type == "Transformer")) {
      Unsupported("modules.json: the first step must be a Transformer, and no other; there is " +
                  type);
    }
    is_first = false;
    if (type == "Transformer") {
      settings.transformer = folder;
    } else if (type == "Pooling" && !settings.pooler) {
      settings.pooler = ReadPooling(path, !settings.prompt.empty());
    } else if (type == "Dense" && settings.dense.empty()) {
      CheckDense(path, settings.pooler);
      settings.pooler = Pooler::kCls;
      settings.dense = folder;
    } else if (type != "Normalize") {
      Unsupported("modules.json: the step " + type +
                  " is not computed; Transformer, Pooling, Dense and Normalize are, each once");
    }
  }
  if (!settings.pooler) Unsupported("modules.json: there is no Pooling");
  ReadLengths(directory + "/" + settings.transformer, &settings);
  return settings;
}

namespace {

json Step(int number, const std::string& folder, const char* type) {
  return {{"idx", number},
          {"name", std::to_string(number)},
          {"path", folder},
          {"type", std::string(kTypes) + type}};
}

json PoolingConfig(const BertConfig& config) {
  const bool is_mean = config.pooler == Pooler::kAvg;
  return {{"word_embedding_dimension", config.hidden},
          {"pooling_mode_cls_token", !is_mean},
          {"pooling_mode_mean_tokens", is_mean},
          {"pooling_mode_max_tokens", false},
          {"pooling_mode_mean_sqrt_len_tokens", false}};
}

void WriteDense(const BertConfig& config, std::string_view model_safetensors,
                const std::string& folder) {
  const SafeTensors file = SafeTensors::Parse(model_safetensors);
  const NamedWeights weights(file);
  const std::string pooler = PoolerPrefix(config.architecture);
  const auto weight = weights.Floats(pooler + "weight", {config.hidden, config.hidden});
  const auto bias = weights.Floats(pooler + "bias", {config.hidden});
  const json settings = {{"in_features", config.hidden},
                         {"out_features", config.hidden},
                         {"bias", true},
                         {"activation_function", "torch.nn.modules.activation.Tanh"}};
  WriteWholeFile(folder + "/config.json", settings.dump(2) + "\n");
  WriteWholeFile(folder + "/model.safetensors",
                 WriteSafeTensors({{"linear.weight", {{config.hidden, config.hidden}, weight}},
                                   {"linear.bias", {{config.hidden}, bias}}},
                                  file.Find(pooler + "weight")->dtype));
}

}  // namespace

void WriteSentenceFiles(const BertConfig& config, std::string_view model_safetensors,
                        const std::string& directory) {
  const json lengths = {{"max_seq_length", config.max_length}, {"do_lower_case", false}};
  WriteWholeFile(directory + "/" + kLengthFiles[0], lengths.dump(2) + "\n");
  if (!config.prompt.empty()) {
    const json prompts = {{"prompts", {{"default", config.prompt}}},
                          {"default_prompt_name", "default"}};
    WriteWholeFile(directory + "/" + kPrompts, prompts.dump(2) + "\n");
  }
  if (config.pooler == Pooler::kAvgTop2 || config.pooler == Pooler::kAvgFirstLast) return;
  json steps = {Step(0, "", "Transformer"), Step(1, "1_Pooling", "Pooling")};
  WriteWholeFile(directory + "/1_Pooling/config.json", PoolingConfig(config).dump(2) + "\n");
  if (config.pooler == Pooler::kCls) {
    steps.push_back(Step(2, "2_Dense", "Dense"));
    WriteDense(config, model_safetensors, directory + "/2_Dense");
  }
  const int last = static_cast<int>(steps.size());
  const std::string normalize = std::to_string(last) + "_Normalize";
  steps.push_back(Step(last, normalize, "Normalize"));
  MakeFolder(directory + "/" + normalize);
  WriteWholeFile(directory + "/" + kModules, steps.dump(2) + "\n");
}

}  // namespace semblance::encoder
