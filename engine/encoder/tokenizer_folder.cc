#include "engine/encoder/tokenizer_folder.h"

#include "engine/encoder/folder_files.h"
#include "engine/encoder/json_internal.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

constexpr const char* kConfig = "tokenizer_config.json";
constexpr const char* kModel = "tokenizer.model";
constexpr const char* kTheirModel = "spiece.model";
constexpr const char* kOurs = "semblance";

}  // namespace

void WriteTokenizerFiles(const ModelPackage& package, int64_t max_length,
                         const std::string& directory) {
  if (!package.Has(kConfig)) return;
  const std::string text(package.File(kConfig));
  const json ours = ParseJsonObject(text, kConfig);
  if (StringOr(ours, "tokenizer_class", "", kConfig) != "SentencePiece") return;
  const auto token = [&](const char* key, const char* fallback) {
    const auto found = ours.find(key);
    return found == ours.end() || found->is_null() ? json(fallback) : *found;
  };
  const json cls = token("cls_token", "[CLS]"), sep = token("sep_token", "[SEP]");
  const json theirs = {{"tokenizer_class", "AlbertTokenizer"},
                       {"do_lower_case", BoolOr(ours, "do_lower_case", false, kConfig)},
                       {"keep_accents", true},
                       {"remove_space", true},
                       {"bos_token", cls},
                       {"cls_token", cls},
                       {"eos_token", sep},
                       {"sep_token", sep},
                       {"pad_token", token("pad_token", "<pad>")},
                       {"unk_token", token("unk_token", "<unk>")},
                       {"mask_token", token("mask_token", "[MASK]")},
                       {"model_max_length", max_length},
                       {kOurs, text}};
  std::string dumped;
  try {
    dumped = theirs.dump(2) + "\n";
  } catch (const json::exception&) {
    throw Error(ErrorKind::kCorruption, std::string(kConfig) + " is not UTF-8");
  }
  WriteWholeFile(directory + "/" + kConfig, dumped);
  WriteWholeFile(directory + "/" + kTheirModel, package.File(kModel));
}

void RestoreTokenizerFiles(ModelPackage* package) {
  if (!package->Has(kConfig)) return;
  const json object = ParseJsonObject(package->File(kConfig), kConfig);
  const std::string ours = StringOr(object, kOurs, "", kConfig);
  if (ours.empty()) return;
  package->Add(kConfig, ours);
  package->Remove(kTheirModel);
}

}  // namespace semblance::encoder
