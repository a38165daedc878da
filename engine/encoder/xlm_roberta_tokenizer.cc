// sentencepiece.bpe.model: the tokenizers of XLM-R and CamemBERT, which number pieces as the
// fairseq toolkit does: a few tokens of its own first, then the model's pieces behind one another.
#include "engine/encoder/pieces_segmenter.h"
#include "engine/encoder/tokenizer_settings.h"

namespace semblance::encoder {
namespace {

struct Numbering {
  TextMap<int32_t> own;  // by text; wins over pieces of the same name
  int32_t offset = 0;
  int32_t unk = 0;
};

std::shared_ptr<const Tokenizer> LoadNumbered(const ModelPackage& package,
                                              const TokenizerSettings& settings,
                                              Numbering numbering) {
  const std::string file = "sentencepiece.bpe.model";
  std::unique_ptr<const SentencePieceText> text = SentencePieceText::Load(package.File(file), file);
  // The mask is behind all pieces.
  const auto mask = static_cast<int32_t>(text->model().piece_count) + numbering.offset;
  numbering.own["<mask>"] = mask;
  ImportedParts parts;
  parts.bounded = true;
  parts.vocabulary_size = static_cast<uint32_t>(mask) + 1;
  const auto id_of = [&](const std::string& token) {
    const auto own = numbering.own.find(token);
    if (own != numbering.own.end()) return own->second;
    const int32_t piece = text->IdOf(token);
    return piece == 0 || piece == text->model().unk_id ? -1 : piece + numbering.offset;
  };
  AddSettingsTokens(settings, false, id_of, file, &parts);
  parts.segmenter = MakePiecesSegmenter(std::move(text), {numbering.offset, numbering.unk});
  return MakeImportedTokenizer(std::move(parts));
}

}  // namespace

std::shared_ptr<const Tokenizer> LoadXlmRoberta(const ModelPackage& package,
                                                const TokenizerSettings& settings) {
  return LoadNumbered(package, settings,
                      {{{"<s>", 0}, {"<pad>", 1}, {"</s>", 2}, {"<unk>", 3}}, 1, 3});
}

std::shared_ptr<const Tokenizer> LoadCamembert(const ModelPackage& package,
                                               const TokenizerSettings& settings) {
  return LoadNumbered(package, settings,
                      {{{"<s>NOTUSED", 0}, {"<pad>", 1}, {"</s>NOTUSED", 2}, {"<unk>", 3}}, 4, 3});
}

}  // namespace semblance::encoder
