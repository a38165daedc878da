#include "engine/encoder/model_folder.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "engine/encoder/checkpoint.h"
#include "engine/encoder/config.h"
#include "engine/encoder/folder_files.h"
#include "engine/encoder/json_internal.h"
#include "engine/encoder/sentence_transformers.h"
#include "engine/encoder/tokenizer_folder.h"
#include "engine/encoder/whitening.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

constexpr const char* kConfig = "config.json";
constexpr const char* kWeights = "model.safetensors";
constexpr const char* kTokenizer = "tokenizer_config.json";
constexpr const char* kBlock = "semblance";
constexpr const char* kWhichPooler =
    "name the one that the model was trained with, semblance_import_model(folder, name, 'avg') or "
    "semblance model import --pooler avg: \"avg\" for sentence-transformers with mean pooling and "
    "for a plain network that was never trained for sentences; \"cls_before_pooler\" for "
    "unsupervised SimCSE (unsup-simcse-...) and sentence-transformers with the CLS token; \"cls\" "
    "for "
    "supervised SimCSE (sup-simcse-...); \"avg_first_last\" and \"avg_top2\" average two layers";

// Our own block as it stands in config.json, empty where there is none.
json OwnBlock(const json& config) {
  const auto found = config.find(kBlock);
  return found != config.end() && found->is_object() ? *found : json::object();
}

std::string ChoosePooler(const json& block, const SentenceSettings& settings,
                         const std::optional<Pooler>& asked, bool from_simcse,
                         const std::string& directory) {
  if (asked) return std::string(PoolerName(*asked));
  const std::string ours = StringOr(block, "pooler", "", kConfig);
  const std::string theirs = settings.pooler ? std::string(PoolerName(*settings.pooler)) : "";
  if (!ours.empty() && !theirs.empty() && ours != theirs) {
    throw Error(ErrorKind::kInvalid, directory + ": config.json says the pooler is \"" + ours +
                                         "\", modules.json says \"" + theirs +
                                         "\"; name the one that is right");
  }
  if (!ours.empty() || !theirs.empty()) return ours.empty() ? theirs : ours;
  throw Error(ErrorKind::kInvalid,
              directory + " does not say which pooler its vectors need" +
                  (from_simcse ? " (its mlp.dense comes from training with SimCSE)" : "") + "; " +
                  kWhichPooler);
}

// The longest text the tokenizer says it is for; 0 where it says nothing, or a number that stands
// for none.
int64_t TokenizerLength(const ModelPackage& package) {
  if (!package.Has(kTokenizer)) return 0;
  const json object = ParseJsonObject(package.File(kTokenizer), kTokenizer);
  const auto found = object.find("model_max_length");
  if (found == object.end() || !found->is_number_unsigned()) return 0;
  return static_cast<int64_t>(std::min<uint64_t>(found->get<uint64_t>(), INT32_MAX));
}

int64_t ChooseLength(const BertConfig& config, const SentenceSettings& settings,
                     const ModelPackage& package) {
  int64_t length = config.max_length;  // the network's
  if (settings.max_length) return std::min(*settings.max_length, config.most_tokens());
  const int64_t tokenizer = TokenizerLength(package);
  if (tokenizer > 0) length = std::min(length, tokenizer);
  return length;
}

// Lower-casing before the tokenizer, said in the tokenizer's own words: accents stay, unless it
// took them off anyway.
void LowerCase(ModelPackage* package) {
  json object = ParseJsonObject(package->File(kTokenizer), kTokenizer);
  if (BoolOr(object, "do_lower_case", false, kTokenizer)) return;
  object["do_lower_case"] = true;
  object["strip_accents"] = BoolOr(object, "strip_accents", false, kTokenizer);
  package->Add(kTokenizer, object.dump(2) + "\n");
}

}  // namespace

ModelPackage ImportModelFolder(const std::string& directory, const std::optional<Pooler>& pooler) {
  const SentenceSettings settings = ReadSentenceSettings(directory);
  const std::string home =
      settings.transformer.empty() ? directory : directory + "/" + settings.transformer;
  ModelPackage package = ModelPackage::FilesOf(home);
  RestoreTokenizerFiles(&package);
  if (!package.Has(kConfig)) throw Error(ErrorKind::kMissing, home + " lacks config.json");
  const BertConfig config = BertConfig::Parse(package.File(kConfig));
  json object = ParseJsonObject(package.File(kConfig), kConfig);
  const json before = OwnBlock(object);

  std::unique_ptr<WeightFiles> dense;
  if (!settings.dense.empty()) {
    dense = std::make_unique<WeightFiles>(directory + "/" + settings.dense, std::string_view());
  }
  const std::string_view safetensors =
      package.Has(kWeights) ? package.File(kWeights) : std::string_view();
  const WeightFiles weights(home, safetensors);

  json block = before;
  block["pooler"] = ChoosePooler(before, settings, pooler, HasSimCseHead(weights), directory);
  if (!before.contains("max_length")) block["max_length"] = ChooseLength(config, settings, package);
  if (!settings.prompt.empty()) block["prompt"] = settings.prompt;
  std::string converted = ConvertWeights(weights, config, dense.get());
  if (converted != safetensors) package.Add(kWeights, std::move(converted));
  if (block != before) {
    object[kBlock] = block;
    package.Add(kConfig, object.dump(2) + "\n");
  }
  if (settings.lower_case && package.Has(kTokenizer)) LowerCase(&package);
  package.CheckComplete(directory);
  return package;
}

void ExportModelFolder(const ModelPackage& package, const std::string& directory) {
  const BertConfig config = BertConfig::Parse(package.File(kConfig));
  package.WriteTo(directory);
  WriteTokenizerFiles(package, config.max_length, directory);
  // Sentence-transformers has no word for what follows the network of a whitened model.
  if (!package.Has(Whitening::kFile)) {
    WriteSentenceFiles(config, package.File(kWeights), directory);
  }
}

}  // namespace semblance::encoder
