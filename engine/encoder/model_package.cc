#include "engine/encoder/model_package.h"

#include <xxhash.h>

#include <algorithm>
#include <array>

#include "engine/encoder/embedded_files.h"
#include "engine/encoder/folder_files.h"

namespace semblance::encoder {

// Made by the build from default_model/.
extern const EmbeddedFile kDefaultModel[];
extern const int kDefaultModelCount;

namespace {

constexpr const char* kModelCard = "README.md";

struct KnownFile {
  const char* name;
  bool required;
};
constexpr std::array<KnownFile, 14> kKnownFiles = {{{"config.json", true},
                                                    {"model.safetensors", true},
                                                    {"whitening.safetensors", false},
                                                    {"tokenizer.model", false},
                                                    {"vocab.txt", false},
                                                    {"vocab.json", false},
                                                    {"merges.txt", false},
                                                    {"sentencepiece.bpe.model", false},
                                                    {"spiece.model", false},
                                                    {"tokenizer.json", false},
                                                    {"tokenizer_config.json", false},
                                                    {"special_tokens_map.json", false},
                                                    {"added_tokens.json", false},
                                                    {kModelCard, false}}};
// One of these a model cannot do without.
constexpr const char* kTokenizerFiles[] = {"tokenizer.model", "vocab.txt",
                                           "vocab.json",      "sentencepiece.bpe.model",
                                           "spiece.model",    "tokenizer.json"};

// Names become file names and database keys; none may lead elsewhere.
void CheckName(const std::string& name) {
  if (IsPlainName(name)) return;
  throw Error(ErrorKind::kInvalid, "\"" + name + "\" cannot be the name of a model's file");
}

ModelPackage MakeDefault() {
  if (kDefaultModelCount == 0) {
    throw Error(ErrorKind::kMissing, "this build has no default model");
  }
  ModelPackage package;
  for (int i = 0; i < kDefaultModelCount; ++i) {
    const EmbeddedFile& file = kDefaultModel[i];
    package.AddStatic(file.name, {file.begin, static_cast<size_t>(file.end - file.begin)});
  }
  package.CheckComplete("the default model of this build");
  return package;
}

}  // namespace

ModelPackage ModelPackage::FilesOf(const std::string& directory) {
  ModelPackage package;
  for (const KnownFile& file : kKnownFiles) {
    const std::string path = directory + "/" + file.name;
    if (IsFile(path)) package.Add(file.name, ReadWholeFile(path));
  }
  return package;
}

ModelPackage ModelPackage::FromDirectory(const std::string& directory) {
  ModelPackage package = FilesOf(directory);
  package.CheckComplete(directory);
  return package;
}

void ModelPackage::CheckComplete(const std::string& where) const {
  std::string lacking;
  for (const KnownFile& file : kKnownFiles) {
    if (!file.required || Has(file.name)) continue;
    lacking += (lacking.empty() ? "" : ", ") + std::string(file.name);
  }
  if (std::none_of(std::begin(kTokenizerFiles), std::end(kTokenizerFiles),
                   [this](const char* file) { return Has(file); })) {
    lacking += (lacking.empty() ? "" : ", ") + std::string("tokenizer.model (or another ") +
               "tokenizer: vocab.txt, vocab.json, sentencepiece.bpe.model, spiece.model, "
               "tokenizer.json)";
  }
  if (!lacking.empty()) throw Error(ErrorKind::kMissing, where + " lacks " + lacking);
}

const ModelPackage& ModelPackage::Default() {
  static const ModelPackage package = MakeDefault();
  return package;
}

void ModelPackage::Add(const std::string& name, std::string bytes) {
  CheckName(name);
  auto owned = std::make_shared<const std::string>(std::move(bytes));
  files_[name] = *owned;
  owned_[name] = std::move(owned);
}

void ModelPackage::AddStatic(const std::string& name, std::string_view bytes) {
  CheckName(name);
  files_[name] = bytes;
  owned_.erase(name);
}

void ModelPackage::Remove(const std::string& name) {
  files_.erase(name);
  owned_.erase(name);
}

bool ModelPackage::Has(const std::string& name) const { return files_.count(name) != 0; }

std::string_view ModelPackage::File(const std::string& name) const {
  const auto found = files_.find(name);
  if (found == files_.end()) throw Error(ErrorKind::kMissing, "the model has no " + name);
  return found->second;
}

void ModelPackage::WriteTo(const std::string& directory) const {
  MakeFolder(directory);
  for (const auto& [name, bytes] : files_) WriteWholeFile(directory + "/" + name, bytes);
}

std::string ModelPackage::Id() const {
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(),
                                                                              XXH3_freeState);
  if (state == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset(state.get());
  // Lengths keep ("ab", "c") apart from ("a", "bc"); little-endian, whatever the machine.
  const auto add = [&](std::string_view bytes) {
    unsigned char length[8];
    for (int i = 0; i < 8; ++i)
      length[i] = static_cast<unsigned char>(uint64_t{bytes.size()} >> (8 * i));
    XXH3_64bits_update(state.get(), length, sizeof(length));
    XXH3_64bits_update(state.get(), bytes.data(), bytes.size());
  };
  for (const auto& [name, bytes] : files_) {
    if (name == kModelCard) continue;
    add(name);
    add(bytes);
  }
  const uint64_t hash = XXH3_64bits_digest(state.get());
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id(16, '0');
  for (int i = 0; i < 16; ++i) id[i] = kDigits[hash >> (60 - 4 * i) & 15];
  return id;
}

}  // namespace semblance::encoder
