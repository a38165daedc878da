// spiece.model: ALBERT's tokenizer.
#include <algorithm>

#include "engine/encoder/albert_text.h"
#include "engine/encoder/sentencepiece_text.h"
#include "engine/encoder/tokenizer_settings.h"
#include "engine/encoder/unicode.h"
#include "engine/encoder/utf8.h"

namespace semblance::encoder {
namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81";  // how pieces write one

// A piece that ends in a digit and a comma is cut before the comma.
bool EndsInDigitAndComma(std::string_view piece) {
  if (piece.size() < 2 || piece.back() != ',') return false;
  size_t at = piece.size() - 2;
  while (at > 0 && (static_cast<unsigned char>(piece[at]) & 0xc0) == 0x80) --at;
  return IsDigit(NextCharacter(piece, &at));
}

std::string WithoutSpaces(std::string_view piece) {
  std::string out;
  while (!piece.empty()) {
    const size_t end = std::min(piece.find(kSpace), piece.size());
    out += piece.substr(0, end);
    piece.remove_prefix(std::min(piece.size(), end + kSpace.size()));
  }
  return out;
}

class AlbertSegmenter : public Segmenter {
 public:
  AlbertSegmenter(std::unique_ptr<const SentencePieceText> text, const AlbertTextOptions& options)
      : text_(std::move(text)), options_(options) {}

  void Append(std::string_view text, size_t enough, std::vector<int32_t>* ids) const override {
    for (const std::string& piece : text_->Pieces(PrepareAlbertText(text, options_))) {
      if (EndsInDigitAndComma(piece)) {
        AppendNumber(piece, ids);
      } else {
        ids->push_back(text_->IdOf(piece));
      }
    }
  }

 private:
  void AppendNumber(std::string_view piece, std::vector<int32_t>* ids) const {
    std::vector<std::string> parts =
        text_->Pieces(WithoutSpaces(piece.substr(0, piece.size() - 1)));
    // The model put a space in front, which the piece did not have.
    if (!piece.starts_with(kSpace) && !parts.empty() && parts[0].starts_with(kSpace)) {
      parts[0].erase(0, kSpace.size());
      if (parts[0].empty()) parts.erase(parts.begin());
    }
    for (const std::string& part : parts) ids->push_back(text_->IdOf(part));
    ids->push_back(text_->IdOf(","));
  }

  const std::unique_ptr<const SentencePieceText> text_;
  const AlbertTextOptions options_;
};

}  // namespace

std::shared_ptr<const Tokenizer> LoadAlbert(const ModelPackage& package,
                                            const TokenizerSettings& settings) {
  const std::string file = "spiece.model";
  std::unique_ptr<const SentencePieceText> text = SentencePieceText::Load(package.File(file), file);
  AlbertTextOptions options;
  options.lower_case = settings.lower_case.value_or(true);
  options.remove_space = settings.remove_space.value_or(true);
  options.keep_accents = settings.keep_accents.value_or(false);
  ImportedParts parts;
  parts.bounded = true;
  parts.vocabulary_size = text->model().piece_count;
  const auto id_of = [&](const std::string& token) {
    const auto reserved = text->model().reserved.find(token);
    if (reserved != text->model().reserved.end()) return reserved->second;
    const int32_t piece = text->IdOf(token);
    return piece == text->model().unk_id ? -1 : piece;
  };
  AddSettingsTokens(settings, options.lower_case, id_of, file, &parts);
  parts.segmenter = std::make_unique<AlbertSegmenter>(std::move(text), options);
  return MakeImportedTokenizer(std::move(parts));
}

}  // namespace semblance::encoder
