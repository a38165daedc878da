// vocab.txt: the tokenizers of BERT and MPNet.
#include "engine/encoder/tokenizer_settings.h"
#include "engine/encoder/wordpiece.h"

namespace semblance::encoder {

std::shared_ptr<const Tokenizer> LoadBert(const ModelPackage& package,
                                          const TokenizerSettings& settings) {
  const std::string file = "vocab.txt";
  const Vocabulary vocabulary = Vocabulary::FromLines(package.File(file), file);
  WordPieceOptions options;
  options.unk = vocabulary.Require(settings.Special("unk_token").text, file);
  options.words.lower_case = settings.lower_case.value_or(true);
  options.words.strip_accents = settings.strip_accents.value_or(options.words.lower_case);
  options.words.split_chinese = settings.split_chinese.value_or(true);
  ImportedParts parts;
  parts.vocabulary_size = vocabulary.size();
  parts.segmenter = MakeWordPiece(vocabulary, options);
  AddSettingsTokens(
      settings, options.words.lower_case,
      [&](const std::string& token) { return vocabulary.Find(token); }, file, &parts);
  return MakeImportedTokenizer(std::move(parts));
}

}  // namespace semblance::encoder
