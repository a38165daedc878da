// Unigram out of a tokenizer.json: its pieces and rules are written down as the sentencepiece model
// they once were, so that the same library does the rest.
#include <optional>
#include <set>

#include "engine/encoder/albert_text.h"
#include "engine/encoder/base64.h"
#include "engine/encoder/pieces_segmenter.h"
#include "engine/encoder/tokenizer_json_internal.h"
#include "engine/encoder/wire.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

// Field numbers and values of sentencepiece_model.proto.
enum : uint32_t { kModelPieces = 1, kModelTrainer = 2, kModelNormalizer = 3 };
enum : uint32_t { kPieceText = 1, kPieceScore = 2, kPieceType = 3 };
enum : uint64_t { kNormal = 1, kUnknown = 2, kControl = 3 };
enum : uint32_t { kTrainerModelType = 3 };
enum : uint64_t { kUnigram = 1 };
enum : uint32_t { kNormalizerName = 1, kNormalizerCharsmap = 2, kNormalizerDummyPrefix = 3 };

struct Rules {
  AlbertTextOptions text{false, false, true, false};
  std::string charsmap;
  bool prefix = true;  // a space goes in front
  bool prepares() const {
    return text.remove_space || text.plain_quotes || !text.keep_accents || text.lower_case;
  }
};

bool Replaces(const json& component, const char* kind, const std::string& pattern,
              const std::string& content) {
  const json found = component.value("pattern", json());
  return found.is_object() && found.value(kind, json()) == pattern &&
         component.value("content", json()) == content;
}

// The steps in the one order that they may have; runs of spaces and those at the ends, which other
// steps are about, sentencepiece takes away by itself.
enum class Step { kBackQuotes, kQuotes, kDecompose, kStripAccents, kLowerCase, kCharsmap, kSpaces };

Step StepOf(const json& component) {
  const std::string type = TypeOf(component);
  if (type == "NFKD") return Step::kDecompose;
  if (type == "StripAccents") return Step::kStripAccents;
  if (type == "Lowercase") return Step::kLowerCase;
  if (type == "Precompiled") return Step::kCharsmap;
  if (type == "Strip") return Step::kSpaces;
  if (type == "Replace") {
    if (Replaces(component, "String", "``", "\"")) return Step::kBackQuotes;
    if (Replaces(component, "String", "''", "\"")) return Step::kQuotes;
    if (Replaces(component, "Regex", " {2,}", " ")) return Step::kSpaces;
  }
  RefuseJson("normalizer", "\"" + type + "\" in that form, for Unigram");
}

std::string ReadCharsmap(const json& component) {
  const auto bytes = DecodeBase64(StringOr(component, "precompiled_charsmap", "", kTokenizerJson));
  if (!bytes) CorruptJson("\"precompiled_charsmap\" is not base64");
  return *bytes;
}

void ReadNormalizer(const json& object, Rules* rules) {
  std::set<Step> steps;
  for (const json& component : Components(object, "normalizer")) {
    const Step step = StepOf(component);
    const bool again = step == Step::kSpaces && steps.count(step) != 0;
    if (!steps.empty() && step <= *steps.rbegin() && !again) {
      RefuseJson("normalizer", "\"" + TypeOf(component) + "\" behind what it stands behind");
    }
    steps.insert(step);
    if (step == Step::kCharsmap) rules->charsmap = ReadCharsmap(component);
  }
  const auto has = [&](Step step) { return steps.count(step) != 0; };
  if (has(Step::kBackQuotes) != has(Step::kQuotes)) {
    RefuseJson("normalizer", "\"Replace\" of one kind of quotes only");
  }
  if (has(Step::kDecompose) != has(Step::kStripAccents)) {
    RefuseJson("normalizer", "\"NFKD\" and \"StripAccents\" one without the other");
  }
  rules->text.plain_quotes = has(Step::kQuotes);
  rules->text.keep_accents = !has(Step::kDecompose);
  rules->text.lower_case = has(Step::kLowerCase);
}

void ReadPreTokenizer(const json& object, Rules* rules) {
  const std::vector<json> components = Components(object, "pre_tokenizer");
  const std::string types = TypesOf(components);
  if (types != "Metaspace" && types != "WhitespaceSplit, Metaspace") {
    RefuseJson("pre_tokenizer",
               "for Unigram it must be Metaspace, alone or behind WhitespaceSplit, "
               "not " +
                   (types.empty() ? "null" : types));
  }
  const json& metaspace = components.back();
  if (StringOr(metaspace, "replacement", "\xE2\x96\x81", kTokenizerJson) != "\xE2\x96\x81") {
    RefuseJson("pre_tokenizer", "Metaspace with another \"replacement\" than U+2581");
  }
  const bool prefix = BoolOr(metaspace, "add_prefix_space", true, kTokenizerJson);
  const std::string scheme =
      StringOr(metaspace, "prepend_scheme", prefix ? "always" : "never", kTokenizerJson);
  if (scheme != "always" && scheme != "never") {
    RefuseJson("pre_tokenizer", "Metaspace with \"prepend_scheme\": \"" + scheme + "\"");
  }
  rules->prefix = scheme == "always";
  // Where a table of rules says which characters are spaces, sentencepiece follows it.
  rules->text.remove_space = components.size() > 1 && rules->charsmap.empty();
}

std::set<std::string> SpecialTexts(const json& object) {
  std::set<std::string> texts;
  for (const json& token : object.value("added_tokens", json::array())) {
    if (token.is_object() && BoolOr(token, "special", false, kTokenizerJson)) {
      texts.insert(StringOr(token, "content", "", kTokenizerJson));
    }
  }
  return texts;
}

// Appends the pieces to a model and to the vocabulary.
void WritePieces(const json& pieces, int64_t unk, const std::set<std::string>& special,
                 Vocabulary* vocabulary, std::string* proto) {
  int64_t id = 0;
  for (const json& piece : pieces) {
    if (!piece.is_array() || piece.size() != 2 || !piece[0].is_string() || !piece[1].is_number()) {
      CorruptJson("piece " + std::to_string(id) + " is not a text and a number");
    }
    const std::string text = piece[0].get<std::string>();
    const bool control = id != unk && special.count(text) != 0;
    std::string message;
    WriteBytes(kPieceText, text, &message);
    WriteFloat(kPieceScore, piece[1].get<float>(), &message);
    WriteNumber(kPieceType, id == unk ? kUnknown : control ? kControl : kNormal, &message);
    WriteBytes(kModelPieces, message, proto);
    vocabulary->Add(text, id++, kTokenizerJson);
  }
}

}  // namespace

JsonModel ReadUnigramJson(const json& object, const json& model) {
  if (BoolOr(model, "byte_fallback", false, kTokenizerJson)) {
    RefuseJson("model", "Unigram with \"byte_fallback\"");
  }
  Rules rules;
  ReadNormalizer(object, &rules);
  ReadPreTokenizer(object, &rules);
  const auto pieces = model.find("vocab");
  if (pieces == model.end() || !pieces->is_array()) CorruptJson("the model's \"vocab\" is no list");
  const int64_t unk = IntegerOr(model, "unk_id", -1, -1, kMostTokens, kTokenizerJson);
  if (unk < 0 || unk >= static_cast<int64_t>(pieces->size())) {
    RefuseJson("model", "Unigram whose \"unk_id\" is none of its pieces");
  }
  JsonModel read;
  std::string proto;
  WritePieces(*pieces, unk, SpecialTexts(object), &read.vocabulary, &proto);
  std::string trainer, normalizer;
  WriteNumber(kTrainerModelType, kUnigram, &trainer);
  WriteBytes(kModelTrainer, trainer, &proto);
  WriteBytes(kNormalizerName, rules.charsmap.empty() ? "identity" : "custom", &normalizer);
  WriteBytes(kNormalizerCharsmap, rules.charsmap, &normalizer);
  WriteNumber(kNormalizerDummyPrefix, rules.prefix, &normalizer);
  WriteBytes(kModelNormalizer, normalizer, &proto);

  read.parts.bounded = true;
  read.parts.ids.unk = static_cast<int32_t>(unk);
  std::function<std::string(std::string_view)> prepare;
  if (rules.prepares()) {
    prepare = [options = rules.text](std::string_view text) {
      return PrepareAlbertText(text, options);
    };
  }
  read.parts.segmenter =
      MakePiecesSegmenter(SentencePieceText::Load(proto, kTokenizerJson), {}, std::move(prepare));
  return read;
}

}  // namespace semblance::encoder
