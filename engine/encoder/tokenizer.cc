#include "engine/encoder/tokenizer.h"

#include "engine/encoder/json_internal.h"
#include "engine/encoder/tokenizer_settings.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

const std::string kWhat = "tokenizer_config.json";
constexpr size_t kLongestConfig = size_t{1} << 20;

struct Kind {
  const char* name;
  std::shared_ptr<const Tokenizer> (*load)(const ModelPackage&, const TokenizerSettings&);
};
constexpr Kind kKinds[] = {{"SentencePiece", LoadSentencePiece}};

// A token is a text, or, as Hugging Face's later versions write it, an object with the text as
// "content".
std::string TokenOr(const json& object, const char* key, const char* fallback) {
  const auto found = object.find(key);
  if (found != object.end() && found->is_object()) {
    return StringOr(*found, "content", fallback, kWhat);
  }
  return StringOr(object, key, fallback, kWhat);
}

TokenizerSettings ReadSettings(std::string_view text) {
  if (text.size() > kLongestConfig) throw Error(ErrorKind::kCorruption, kWhat + " is too long");
  const json object = ParseJsonObject(text, kWhat);
  TokenizerSettings settings;
  settings.kind = StringOr(object, "tokenizer_class", "", kWhat);
  settings.lower_case = BoolOr(object, "do_lower_case", false, kWhat);
  settings.pad = TokenOr(object, "pad_token", "<pad>");
  settings.cls = TokenOr(object, "cls_token", "[CLS]");
  settings.sep = TokenOr(object, "sep_token", "[SEP]");
  settings.mask = TokenOr(object, "mask_token", "[MASK]");
  return settings;
}

}  // namespace

std::shared_ptr<const Tokenizer> Tokenizer::Load(const ModelPackage& package) {
  const TokenizerSettings settings = ReadSettings(package.File("tokenizer_config.json"));
  std::string list;
  for (const Kind& kind : kKinds) {
    if (settings.kind == kind.name) return kind.load(package, settings);
    list += (list.empty() ? "" : ", ") + std::string(kind.name);
  }
  throw Error(ErrorKind::kUnsupported,
              kWhat + ": unknown tokenizer_class \"" + settings.kind + "\"; there are " + list);
}

}  // namespace semblance::encoder
