#include <algorithm>

#include "engine/encoder/tokenizer_json_internal.h"
#include "engine/encoder/tokenizer_settings.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

constexpr size_t kMostBytes = size_t{128} << 20;

// As "type" says; files of the first versions leave it out.
std::string ModelType(const json& model) {
  const std::string type = StringOr(model, "type", "", kTokenizerJson);
  if (!type.empty()) return type;
  if (model.contains("merges")) return "BPE";
  return model.contains("unk_id") ? "Unigram" : "WordPiece";
}

JsonModel ReadModel(const json& object) {
  const auto model = object.find("model");
  if (model == object.end() || !model->is_object()) CorruptJson("there is no \"model\"");
  const std::string type = ModelType(*model);
  if (type == "WordPiece") return ReadWordPieceJson(object, *model);
  if (type == "BPE") return ReadBytePairsJson(object, *model);
  if (type == "Unigram") return ReadUnigramJson(object, *model);
  RefuseJson("model", "there are WordPiece, BPE and Unigram, not \"" + type + "\"");
}

int32_t IdOf(const json& value, const std::string& token) {
  if (!value.is_number_integer() || value < 0 || value >= kMostTokens) {
    CorruptJson("the id of \"" + token + "\" is not a whole number from 0 to " +
                std::to_string(kMostTokens - 1));
  }
  return value.get<int32_t>();
}

// {"sep": ["[SEP]", 102], ...}
int32_t PairId(const json& component, const char* key) {
  const auto pair = component.find(key);
  if (pair == component.end() || !pair->is_array() || pair->size() != 2) {
    CorruptJson(std::string("\"") + key + "\" of the post_processor is not a token and its id");
  }
  return IdOf((*pair)[1], key);
}

// {"id": "[CLS]", "ids": [101], "tokens": ["[CLS]"]}, which `item` of a template names.
int32_t TemplateId(const json& component, const json& item) {
  const auto special = item.find("SpecialToken");
  if (special == item.end() || !special->is_object()) {
    RefuseJson("post_processor", "a template must be one token, the text and one token");
  }
  const std::string name = StringOr(*special, "id", "", kTokenizerJson);
  const auto tokens = component.find("special_tokens");
  const bool found = tokens != component.end() && tokens->is_object() && tokens->contains(name) &&
                     (*tokens)[name].is_object();
  const json ids = found ? (*tokens)[name].value("ids", json()) : json();
  if (!ids.is_array() || ids.size() != 1) {
    CorruptJson("the post_processor does not say the one id of \"" + name + "\"");
  }
  return IdOf(ids[0], name);
}

void ReadPostProcessor(const json& object, SpecialIds* ids) {
  std::vector<json> components = Components(object, "post_processor");
  // Says only where in the text a token lies.
  std::erase_if(components, [](const json& c) { return TypeOf(c) == "ByteLevel"; });
  const std::string types = TypesOf(components);
  if (types == "BertProcessing" || types == "RobertaProcessing") {
    ids->cls = PairId(components[0], "cls");
    ids->sep = PairId(components[0], "sep");
    return;
  }
  if (types != "TemplateProcessing") {
    std::string reason = "it must be BertProcessing, RobertaProcessing or TemplateProcessing, not ";
    reason += types.empty() ? "null" : types;
    RefuseJson("post_processor", reason);
  }
  const json single = components[0].value("single", json());
  if (!single.is_array() || single.size() != 3 || !single[0].is_object() ||
      !single[1].is_object() || !single[1].contains("Sequence") || !single[2].is_object()) {
    RefuseJson("post_processor", "a template must be one token, the text and one token");
  }
  ids->cls = TemplateId(components[0], single[0]);
  ids->sep = TemplateId(components[0], single[2]);
}

// One of "added_tokens"; whether it is "normalized" in `normalized`.
AddedToken ReadAddedToken(const json& token, bool* normalized) {
  if (!token.is_object()) CorruptJson("\"added_tokens\" has a member that is no object");
  AddedToken added;
  added.text = StringOr(token, "content", "", kTokenizerJson);
  added.id = IdOf(token.value("id", json()), added.text);
  added.eats_left = BoolOr(token, "lstrip", false, kTokenizerJson);
  added.eats_right = BoolOr(token, "rstrip", false, kTokenizerJson);
  *normalized = BoolOr(token, "normalized", false, kTokenizerJson);
  if (BoolOr(token, "single_word", false, kTokenizerJson)) {
    RefuseJson("added_tokens", "\"" + added.text + "\" has \"single_word\": true");
  }
  return added;
}

// And what they are called.
Vocabulary ReadAddedTokens(const json& object, JsonModel* model) {
  const json list = object.value("added_tokens", json::array());
  if (!list.is_array() && !list.is_null()) CorruptJson("\"added_tokens\" is not a list");
  std::vector<AddedToken> exact, folded;
  Vocabulary names;
  for (const json& token : list) {
    bool normalized = false;
    AddedToken added = ReadAddedToken(token, &normalized);
    model->vocabulary.Add(added.text, added.id, kTokenizerJson);
    names.Add(added.text, added.id, kTokenizerJson);
    if (normalized && model->folds) {
      added.text = model->parts.fold(added.text);
      folded.push_back(std::move(added));
    } else {
      exact.push_back(std::move(added));
    }
  }
  model->parts.exact = AddedTokens(exact);
  model->parts.folded = AddedTokens(folded);
  return names;
}

// The file does not say which added tokens pad and mask; tokenizer_config.json does, or their
// names.
int32_t RoleId(const TokenizerSettings& settings, const char* role,
               const std::vector<const char*>& usual, const Vocabulary& added) {
  if (const int32_t id = added.Find(settings.Special(role).text); id >= 0) return id;
  for (const char* name : usual) {
    if (const int32_t id = added.Find(name); id >= 0) return id;
  }
  return -1;
}

}  // namespace

void RefuseJson(const std::string& component, const std::string& reason) {
  throw Error(ErrorKind::kUnsupported,
              std::string(kTokenizerJson) + ": its " + component + " is not supported: " + reason);
}

void CorruptJson(const std::string& message) {
  throw Error(ErrorKind::kCorruption, std::string(kTokenizerJson) + ": " + message);
}

std::string TypeOf(const json& component) {
  return StringOr(component, "type", "", kTokenizerJson);
}

std::vector<json> Components(const json& object, const char* key) {
  const json top = object.value(key, json());
  if (top.is_null()) return {};
  if (!top.is_object()) CorruptJson(std::string("\"") + key + "\" is not an object");
  if (TypeOf(top) != "Sequence") return {top};
  std::vector<json> components;
  // The list's name is the component's own, in the plural.
  for (const char* name : {"normalizers", "pretokenizers", "processors"}) {
    const json list = top.value(name, json::array());
    if (!list.is_array()) CorruptJson(std::string("\"") + name + "\" is not a list");
    for (const json& inner : list) {
      if (!inner.is_object()) CorruptJson(std::string("\"") + key + "\" has one that is no object");
      components.push_back(inner);
    }
  }
  return components;
}

std::string TypesOf(const std::vector<json>& components) {
  std::string types;
  for (const json& component : components) {
    if (!types.empty()) types += ", ";
    types += TypeOf(component);
  }
  return types;
}

Vocabulary VocabularyOf(const json& model) {
  Vocabulary vocabulary;
  const auto tokens = model.find("vocab");
  if (tokens == model.end() || !tokens->is_object())
    CorruptJson("the model's \"vocab\" is no object");
  for (const auto& [token, id] : tokens->items()) {
    vocabulary.Add(token, IdOf(id, token), kTokenizerJson);
  }
  return vocabulary;
}

std::shared_ptr<const Tokenizer> LoadTokenizerJson(const ModelPackage& package,
                                                   const TokenizerSettings& settings) {
  const std::string_view text = package.File(kTokenizerJson);
  if (text.size() > kMostBytes) CorruptJson("larger than 128 MiB");
  const json object = ParseJsonObject(text, kTokenizerJson);
  JsonModel model = ReadModel(object);
  const Vocabulary added = ReadAddedTokens(object, &model);
  SpecialIds& ids = model.parts.ids;
  ReadPostProcessor(object, &ids);
  ids.pad = RoleId(settings, "pad_token", {"[PAD]", "<pad>"}, added);
  ids.mask = RoleId(settings, "mask_token", {"[MASK]", "<mask>"}, added);
  model.parts.vocabulary_size =
      std::max({model.parts.vocabulary_size, model.vocabulary.size(),
                static_cast<uint32_t>(ids.cls) + 1, static_cast<uint32_t>(ids.sep) + 1});
  return MakeImportedTokenizer(std::move(model.parts));
}

}  // namespace semblance::encoder
