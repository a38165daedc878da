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

void CheckArchitecture(const json& object) {
  const std::string type = StringOr(object, "model_type", "", kWhat);
  if (type != "bert") {
    throw Error(ErrorKind::kUnsupported,
                kWhat + ": model_type must be \"bert\", is \"" + type + "\"");
  }
  if (StringOr(object, "position_embedding_type", "absolute", kWhat) != "absolute") {
    throw Error(ErrorKind::kUnsupported, kWhat + ": position_embedding_type must be \"absolute\"");
  }
  if (BoolOr(object, "is_decoder", false, kWhat)) {
    throw Error(ErrorKind::kUnsupported, kWhat + ": a decoder is not supported");
  }
}

// Required: no fallback is inside the range.
int64_t Required(const json& object, const char* key, int64_t least, int64_t most) {
  if (!object.contains(key)) {
    throw Error(ErrorKind::kInvalid, kWhat + ": \"" + key + "\" is missing");
  }
  return IntegerOr(object, key, least - 1, least, most, kWhat);
}

void ReadOwnBlock(const json& object, BertConfig* config) {
  config->max_length = std::min(config->positions, kUsualPositions);
  const auto found = object.find("semblance");
  if (found == object.end() || found->is_null()) return;
  if (!found->is_object()) {
    throw Error(ErrorKind::kCorruption, kWhat + ": \"semblance\" is not an object");
  }
  config->pooler =
      PoolerFromName(StringOr(*found, "pooler", std::string(PoolerName(config->pooler)), kWhat));
  config->max_length =
      IntegerOr(*found, "max_length", config->max_length, 2, config->positions, kWhat);
}

}  // namespace

BertConfig BertConfig::Parse(std::string_view text) {
  if (text.size() > kLongestConfig) throw Error(ErrorKind::kCorruption, kWhat + " is too long");
  const json object = ParseJsonObject(text, kWhat);
  CheckArchitecture(object);
  BertConfig config;
  config.layers = Required(object, "num_hidden_layers", 0, kMostLayers);
  config.hidden = Required(object, "hidden_size", 1, kMostHidden);
  config.vocabulary = Required(object, "vocab_size", 1, kMostVocabulary);
  config.positions = Required(object, "max_position_embeddings", 2, kMostPositions);
  config.heads = IntegerOr(object, "num_attention_heads", 1, 1, config.hidden, kWhat);
  config.intermediate =
      IntegerOr(object, "intermediate_size", std::min(4 * config.hidden, kMostIntermediate),
                config.layers > 0 ? 1 : 0, kMostIntermediate, kWhat);
  config.token_types = IntegerOr(object, "type_vocab_size", 2, 1, kMostTokenTypes, kWhat);
  config.pad_token = IntegerOr(object, "pad_token_id", 0, 0, config.vocabulary - 1, kWhat);
  config.epsilon = NumberOr(object, "layer_norm_eps", 1e-12, kWhat);
  config.activation = ActivationFromName(StringOr(object, "hidden_act", "gelu", kWhat));
  if (config.hidden % config.heads != 0) {
    throw Error(ErrorKind::kInvalid, kWhat + ": num_attention_heads must divide hidden_size");
  }
  if (!(config.epsilon >= 0 && config.epsilon <= 1)) {
    throw Error(ErrorKind::kInvalid, kWhat + ": layer_norm_eps must be 0 to 1");
  }
  ReadOwnBlock(object, &config);
  return config;
}

std::string BertConfig::ToJson() const {
  const json object = {{"architectures", {"BertModel"}},
                       {"model_type", "bert"},
                       {"num_hidden_layers", layers},
                       {"hidden_size", hidden},
                       {"num_attention_heads", heads},
                       {"intermediate_size", intermediate},
                       {"vocab_size", vocabulary},
                       {"max_position_embeddings", positions},
                       {"type_vocab_size", token_types},
                       {"pad_token_id", pad_token},
                       {"layer_norm_eps", epsilon},
                       {"hidden_act", NameOf(activation)},
                       {"position_embedding_type", "absolute"},
                       {"semblance", {{"pooler", PoolerName(pooler)}, {"max_length", max_length}}}};
  return object.dump(2) + "\n";
}

}  // namespace semblance::encoder
