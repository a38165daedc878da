// A model as a set of named files, in the layout of a Hugging Face folder:
//
//   config.json             the architecture (config.h), with Hugging Face's keys, and our block
//                           "semblance": {"pooler": "avg", "max_length": 64, "prompt": "query: ",
//                           "dims": [64, 128]}
//   model.safetensors       the weights, F32, F16 or BF16, named as weight_names.h says
//   whitening.safetensors   what follows the network, in a whitened model (whitening.h)
//   tokenizer.model         a tokenizer trained here, or else one of another kind (tokenizer.h):
//                           vocab.txt, vocab.json and merges.txt, sentencepiece.bpe.model,
//                           spiece.model, tokenizer.json
//   tokenizer_config.json   the kind of tokenizer, its special tokens, whether to lower-case;
//                           special_tokens_map.json and added_tokens.json add to it
//   README.md               the model card (optional)
//
// Value type; copies share the bytes. Thread-safe once built.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "engine/encoder/error.h"

namespace semblance::encoder {

class ModelPackage {
 public:
  ModelPackage() = default;

  // Every regular file of the folder that a model may have (the list above), and no other.
  static ModelPackage FilesOf(const std::string& directory);
  // The same, complete: a folder as WriteTo writes it. Folders from elsewhere: model_folder.h.
  static ModelPackage FromDirectory(const std::string& directory);
  // The default model, which is part of the binary. Its bytes are not copied.
  static const ModelPackage& Default();

  void Add(const std::string& name, std::string bytes);
  void AddStatic(const std::string& name,
                 std::string_view bytes);  // `bytes` live as long as the process
  void Remove(const std::string& name);  // nothing where it is not there
  bool Has(const std::string& name) const;
  // Whether the file's bytes live as long as the process.
  bool IsStatic(const std::string& name) const { return Has(name) && owned_.count(name) == 0; }
  std::string_view File(const std::string& name) const;  // throws kMissing
  const std::map<std::string, std::string_view>& files() const { return files_; }

  // Throws kMissing, naming every file of a complete model that lacks; `where` goes in front.
  void CheckComplete(const std::string& where) const;
  void WriteTo(const std::string& directory) const;  // creates it; throws when it cannot

  // 16 hex digits over names and contents of all files but README.md: the identity of a model.
  std::string Id() const;

 private:
  std::map<std::string, std::string_view> files_;
  std::map<std::string, std::shared_ptr<const std::string>> owned_;
};

}  // namespace semblance::encoder
