// vocab.json and merges.txt: RoBERTa's tokenizer.
#include "engine/encoder/byte_pairs.h"
#include "engine/encoder/tokenizer_settings.h"

namespace semblance::encoder {

std::shared_ptr<const Tokenizer> LoadRoberta(const ModelPackage& package,
                                             const TokenizerSettings& settings) {
  const std::string file = "vocab.json";
  const Vocabulary vocabulary = Vocabulary::FromJson(package.File(file), file);
  const int32_t unk = vocabulary.Require(settings.Special("unk_token").text, file);
  ImportedParts parts;
  parts.vocabulary_size = vocabulary.size();
  parts.prefix_space = settings.prefix_space.value_or(false);
  parts.segmenter =
      MakeBytePairs(vocabulary, ReadMerges(package.File("merges.txt"), "merges.txt"), unk);
  AddSettingsTokens(
      settings, false, [&](const std::string& token) { return vocabulary.Find(token); }, file,
      &parts);
  return MakeImportedTokenizer(std::move(parts));
}

}  // namespace semblance::encoder
