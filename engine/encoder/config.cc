#include "engine/encoder/config.h"

#include <algorithm>
#include <array>

#include "engine/encoder/json_internal.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

const std::string kWhat = "config.json";
constexpr size_t kLongestConfig = size_t{1} << 20;

constexpr int64_t kMostLayers = 48;
constexpr int64_t kMostHidden = 8192;
constexpr int64_t kMostIntermediate = 65536;
constexpr int64_t kMostVocabulary = int64_t{1} << 22;
constexpr int64_t kMostPositions = 8192;
constexpr int64_t kMostTokenTypes = 1024;
constexpr int64_t kUsualPositions = 512;

// MPNet has no key for either.
constexpr int64_t kMpnetPadding = 1;
constexpr int64_t kMpnetBuckets = 32;

struct ArchitectureName {
  Architecture architecture;
  const char* model_type;
  const char* class_name;
  int64_t pad_token;  // where config.json does not say
};
constexpr std::array<ArchitectureName, 6> kArchitectures = {
    {{Architecture::kBert, "bert", "BertModel", 0},
     {Architecture::kRoberta, "roberta", "RobertaModel", 1},
     {Architecture::kXlmRoberta, "xlm-roberta", "XLMRobertaModel", 1},
     {Architecture::kCamembert, "camembert", "CamembertModel", 1},
     {Architecture::kMpnet, "mpnet", "MPNetModel", kMpnetPadding},
     {Architecture::kAlbert, "albert", "AlbertModel", 0}}};

const ArchitectureName& RowOf(Architecture architecture) {
  return kArchitectures.at(static_cast<size_t>(architecture));
}

struct ActivationName {
  const char* name;
  Activation activation;
};
// The first name of each is the one written.
constexpr std::array<ActivationName, 5> kActivations = {
    {{"gelu", Activation::kGelu},
     {"gelu_new", Activation::kGeluTanh},
     {"gelu_pytorch_tanh", Activation::kGeluTanh},
     {"gelu_fast", Activation::kGeluTanh},
     {"relu", Activation::kRelu}}};

Activation ActivationFromName(const std::string& name) {
  for (const ActivationName& known : kActivations) {
    if (known.name == name) return known.activation;
  }
  throw Error(ErrorKind::kUnsupported, kWhat + ": hidden_act \"" + name + "\" is not supported");
}

const char* NameOf(Activation activation) {
  for (const ActivationName& known : kActivations) {
    if (known.activation == activation) return known.name;
  }
  return kActivations[0].name;
}

const ArchitectureName& ReadArchitecture(const json& object) {
  const std::string type = StringOr(object, "model_type", "", kWhat);
  std::string list;
  for (const ArchitectureName& known : kArchitectures) {
    if (type == known.model_type) return known;
    list += (list.empty() ? "" : ", ") + std::string(known.model_type);
  }
  throw Error(ErrorKind::kUnsupported,
              kWhat + ": model_type must be one of " + list + "; it is \"" + type + "\"");
}

void CheckVariant(const json& object) {
  if (StringOr(object, "position_embedding_type", "absolute", kWhat) != "absolute") {
    throw Error(ErrorKind::kUnsupported, kWhat + ": position_embedding_type must be \"absolute\"");
  }
  if (BoolOr(object, "is_decoder", false, kWhat)) {
    throw Error(ErrorKind::kUnsupported, kWhat + ": a decoder is not supported");
  }
}

// What only one architecture has.
void ReadOwnKeys(const json& object, BertConfig* config) {
  if (config->architecture == Architecture::kMpnet) {
    config->token_types = 0;
    if (config->pad_token != kMpnetPadding ||
        IntegerOr(object, "relative_attention_num_buckets", kMpnetBuckets, 1, INT32_MAX, kWhat) !=
            kMpnetBuckets) {
      throw Error(ErrorKind::kUnsupported,
                  kWhat + ": mpnet needs pad_token_id 1 and relative_attention_num_buckets 32");
    }
  }
  if (config->architecture == Architecture::kAlbert) {
    config->embedding = IntegerOr(object, "embedding_size", 128, 1, kMostHidden, kWhat);
    config->layer_groups =
        IntegerOr(object, "num_hidden_groups", 1, 1, std::max<int64_t>(config->layers, 1), kWhat);
    if (IntegerOr(object, "inner_group_num", 1, 0, INT32_MAX, kWhat) != 1) {
      throw Error(ErrorKind::kUnsupported, kWhat + ": inner_group_num must be 1");
    }
  }
}

// Required: no fallback is inside the range.
int64_t Required(const json& object, const char* key, int64_t least, int64_t most) {
  if (!object.contains(key)) {
    throw Error(ErrorKind::kInvalid, kWhat + ": \"" + key + "\" is missing");
  }
  return IntegerOr(object, key, least - 1, least, most, kWhat);
}

void ReadDims(const json& block, BertConfig* config) {
  const auto found = block.find("dims");
  if (found == block.end() || found->is_null()) return;
  const bool list = found->is_array() && found->size() < static_cast<size_t>(kMostHidden);
  for (size_t i = 0; list && i < found->size(); ++i) {
    const json& entry = (*found)[i];
    const int64_t least = config->dims.empty() ? 1 : config->dims.back() + 1;
    if (!entry.is_number_integer() || entry.get<int64_t>() < least ||
        entry.get<int64_t>() >= config->hidden) {
      break;
    }
    config->dims.push_back(entry.get<int64_t>());
  }
  if (!list || config->dims.size() != found->size()) {
    throw Error(ErrorKind::kInvalid, kWhat +
                                         ": \"dims\" must be a list of rising whole numbers "
                                         "below hidden_size");
  }
}

void ReadOwnBlock(const json& object, BertConfig* config) {
  config->max_length = std::min(config->most_tokens(), kUsualPositions);
  const auto found = object.find("semblance");
  if (found == object.end() || found->is_null()) return;
  if (!found->is_object()) {
    throw Error(ErrorKind::kCorruption, kWhat + ": \"semblance\" is not an object");
  }
  config->pooler =
      PoolerFromName(StringOr(*found, "pooler", std::string(PoolerName(config->pooler)), kWhat));
  config->max_length =
      IntegerOr(*found, "max_length", config->max_length, 2, config->most_tokens(), kWhat);
  config->prompt = StringOr(*found, "prompt", "", kWhat);
  ReadDims(*found, config);
}

}  // namespace

std::string_view ModelType(Architecture architecture) { return RowOf(architecture).model_type; }

int64_t BertConfig::first_position() const {
  switch (architecture) {
    case Architecture::kBert:
    case Architecture::kAlbert:
      return 0;
    case Architecture::kRoberta:
    case Architecture::kXlmRoberta:
    case Architecture::kCamembert:
    case Architecture::kMpnet:
      break;
  }
  return pad_token + 1;
}

BertConfig BertConfig::Parse(std::string_view text) {
  if (text.size() > kLongestConfig) throw Error(ErrorKind::kCorruption, kWhat + " is too long");
  const json object = ParseJsonObject(text, kWhat);
  const ArchitectureName& row = ReadArchitecture(object);
  CheckVariant(object);
  BertConfig config;
  config.architecture = row.architecture;
  config.layers = Required(object, "num_hidden_layers", 0, kMostLayers);
  config.hidden = Required(object, "hidden_size", 1, kMostHidden);
  config.vocabulary = Required(object, "vocab_size", 1, kMostVocabulary);
  config.positions = Required(object, "max_position_embeddings", 2, kMostPositions);
  config.heads = IntegerOr(object, "num_attention_heads", 1, 1, config.hidden, kWhat);
  config.intermediate =
      IntegerOr(object, "intermediate_size", std::min(4 * config.hidden, kMostIntermediate),
                config.layers > 0 ? 1 : 0, kMostIntermediate, kWhat);
  config.token_types = IntegerOr(object, "type_vocab_size", 2, 1, kMostTokenTypes, kWhat);
  config.pad_token =
      IntegerOr(object, "pad_token_id", row.pad_token, 0, config.vocabulary - 1, kWhat);
  config.epsilon = NumberOr(object, "layer_norm_eps", 1e-12, kWhat);
  const bool is_albert = config.architecture == Architecture::kAlbert;
  config.activation =
      ActivationFromName(StringOr(object, "hidden_act", is_albert ? "gelu_new" : "gelu", kWhat));
  ReadOwnKeys(object, &config);
  if (config.hidden % config.heads != 0) {
    throw Error(ErrorKind::kInvalid, kWhat + ": num_attention_heads must divide hidden_size");
  }
  if (!(config.epsilon >= 0 && config.epsilon <= 1)) {
    throw Error(ErrorKind::kInvalid, kWhat + ": layer_norm_eps must be 0 to 1");
  }
  if (config.most_tokens() < 2) {
    throw Error(ErrorKind::kInvalid,
                kWhat + ": max_position_embeddings must be at least pad_token_id + 3");
  }
  ReadOwnBlock(object, &config);
  return config;
}

std::string BertConfig::ToJson() const {
  const ArchitectureName& row = RowOf(architecture);
  json object = {{"architectures", {row.class_name}},
                 {"model_type", row.model_type},
                 {"num_hidden_layers", layers},
                 {"hidden_size", hidden},
                 {"num_attention_heads", heads},
                 {"intermediate_size", intermediate},
                 {"vocab_size", vocabulary},
                 {"max_position_embeddings", positions},
                 {"pad_token_id", pad_token},
                 {"layer_norm_eps", epsilon},
                 {"hidden_act", NameOf(activation)},
                 {"semblance", {{"pooler", PoolerName(pooler)}, {"max_length", max_length}}}};
  if (architecture == Architecture::kMpnet) {
    object["relative_attention_num_buckets"] = kMpnetBuckets;
  } else {
    object["type_vocab_size"] = token_types;
    object["position_embedding_type"] = "absolute";
  }
  if (architecture == Architecture::kAlbert) {
    object["embedding_size"] = embedding_width();
    object["num_hidden_groups"] = layer_groups;
    object["inner_group_num"] = 1;
  }
  if (!prompt.empty()) object["semblance"]["prompt"] = prompt;
  if (!dims.empty()) object["semblance"]["dims"] = dims;
  return object.dump(2) + "\n";
}

}  // namespace semblance::encoder
