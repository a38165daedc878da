#include "engine/encoder/tokenizer.h"

#include "engine/encoder/json_internal.h"
#include "engine/encoder/tokenizer_settings.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

const std::string kConfig = "tokenizer_config.json";
const std::string kFastFile = "tokenizer.json";

struct Kind {
  const char* name;        // tokenizer_class, without the "Fast" at its end
  const char* model_type;  // of config.json, for models that do not say their class
  const char* file;        // what it cannot do without
  TokenizerLoader* load;
  TokenizerDefaults defaults;
};

const std::map<std::string, std::string> kBertTokens = {{"unk_token", "[UNK]"},
                                                        {"sep_token", "[SEP]"},
                                                        {"pad_token", "[PAD]"},
                                                        {"cls_token", "[CLS]"},
                                                        {"mask_token", "[MASK]"}};
const std::map<std::string, std::string> kRobertaTokens = {
    {"bos_token", "<s>"},   {"eos_token", "</s>"}, {"unk_token", "<unk>"},  {"sep_token", "</s>"},
    {"pad_token", "<pad>"}, {"cls_token", "<s>"},  {"mask_token", "<mask>"}};
const std::map<std::string, std::string> kMpnetTokens = {
    {"bos_token", "<s>"},   {"eos_token", "</s>"}, {"unk_token", "[UNK]"},  {"sep_token", "</s>"},
    {"pad_token", "<pad>"}, {"cls_token", "<s>"},  {"mask_token", "<mask>"}};
const std::map<std::string, std::string> kAlbertTokens = {
    {"bos_token", "[CLS]"}, {"eos_token", "[SEP]"}, {"unk_token", "<unk>"},  {"sep_token", "[SEP]"},
    {"pad_token", "<pad>"}, {"cls_token", "[CLS]"}, {"mask_token", "[MASK]"}};
const std::map<std::string, std::string> kOwnTokens = {{"pad_token", "<pad>"},
                                                       {"cls_token", "[CLS]"},
                                                       {"sep_token", "[SEP]"},
                                                       {"mask_token", "[MASK]"}};

// Where neither a class nor a model_type decides, the first with its file counts.
const Kind kKinds[] = {
    {"BertTokenizer", "bert", "vocab.txt", LoadBert, {kBertTokens}},
    {"MPNetTokenizer", "mpnet", "vocab.txt", LoadBert, {kMpnetTokens, true}},
    {"RobertaTokenizer", "roberta", "vocab.json", LoadRoberta, {kRobertaTokens, true}},
    {"XLMRobertaTokenizer",
     "xlm-roberta",
     "sentencepiece.bpe.model",
     LoadXlmRoberta,
     {kRobertaTokens}},
    {"CamembertTokenizer", "camembert", "sentencepiece.bpe.model", LoadCamembert, {kRobertaTokens}},
    {"AlbertTokenizer", "albert", "spiece.model", LoadAlbert, {kAlbertTokens}},
    {"PreTrainedTokenizer", "", "tokenizer.json", LoadTokenizerJson, {}},
};
const Kind kOwnKind = {"SentencePiece", "", "tokenizer.model", LoadSentencePiece, {kOwnTokens}};

std::string NameIn(const ModelPackage& package, const std::string& file, const char* key) {
  constexpr size_t kLongest = size_t{16} << 20;
  if (!package.Has(file)) return "";
  if (package.File(file).size() > kLongest) {
    throw Error(ErrorKind::kCorruption, file + " is too long");
  }
  return StringOr(ParseJsonObject(package.File(file), file), key, "", file);
}

std::shared_ptr<const Tokenizer> LoadKind(const Kind& kind, TokenizerLoader* load,
                                          const ModelPackage& package) {
  return load(package, ReadTokenizerSettings(package, kind.defaults));
}

// nullptr where the package has not the files of that kind.
std::shared_ptr<const Tokenizer> TryKind(const Kind& kind, const ModelPackage& package) {
  if (package.Has(kind.file)) return LoadKind(kind, kind.load, package);
  if (package.Has(kFastFile)) return LoadKind(kind, LoadTokenizerJson, package);
  return nullptr;
}

std::shared_ptr<const Tokenizer> LoadClass(const std::string& name, const ModelPackage& package) {
  if (name == kOwnKind.name) return LoadKind(kOwnKind, kOwnKind.load, package);
  const std::string bare = name.ends_with("Fast") ? name.substr(0, name.size() - 4) : name;
  std::string list = kOwnKind.name;
  for (const Kind& kind : kKinds) {
    if (bare == kind.name) {
      if (auto tokenizer = TryKind(kind, package)) return tokenizer;
      throw Error(ErrorKind::kMissing, kConfig + " says \"" + name + "\", which needs " +
                                           kind.file + " or " + kFastFile +
                                           "; the model has neither");
    }
    list += ", " + std::string(kind.name);
  }
  // Such a file says by itself how it works.
  if (package.Has(kFastFile))
    return LoadKind(kKinds[std::size(kKinds) - 1], LoadTokenizerJson, package);
  throw Error(ErrorKind::kUnsupported,
              kConfig + ": unknown tokenizer_class \"" + name + "\"; there are " + list +
                  ", each of them also with \"Fast\" at the end, and whatever has a " + kFastFile);
}

}  // namespace

std::shared_ptr<const Tokenizer> Tokenizer::Load(const ModelPackage& package) {
  const std::string name = NameIn(package, kConfig, "tokenizer_class");
  if (!name.empty()) return LoadClass(name, package);
  const std::string type = NameIn(package, "config.json", "model_type");
  for (const Kind& kind : kKinds) {
    if (type.empty() || type != kind.model_type) continue;
    if (auto tokenizer = TryKind(kind, package)) return tokenizer;
  }
  std::string files;
  for (const Kind& kind : kKinds) {
    if (package.Has(kind.file)) return LoadKind(kind, kind.load, package);
    if (files.find(kind.file) == std::string::npos) {
      files += (files.empty() ? "" : ", ") + std::string(kind.file);
    }
  }
  throw Error(
      ErrorKind::kMissing,
      "no tokenizer: " + kConfig + " names no tokenizer_class, and the model has none of " + files);
}

}  // namespace semblance::encoder
