// Text to ids with sentencepiece alone: the models that are trained here.
#include <algorithm>
#include <string>

#include "engine/encoder/sentencepiece_text.h"
#include "engine/encoder/text_beginning.h"
#include "engine/encoder/tokenizer_settings.h"
#include "engine/encoder/unicode.h"
#include "engine/encoder/utf8.h"

namespace semblance::encoder {
namespace {

class SentencePieceTokenizer : public Tokenizer {
 public:
  SentencePieceTokenizer(const ModelPackage& package, const TokenizerSettings& settings)
      : lower_case_(settings.lower_case.value_or(false)),
        text_(SentencePieceText::Load(package.File("tokenizer.model"), "tokenizer.model")) {
    const SentencePieceModel& model = text_->model();
    const auto find = [&](const char* role) {
      const auto found = model.reserved.find(settings.Special(role).text);
      return found == model.reserved.end() ? -1 : found->second;
    };
    ids_ = {.pad = find("pad_token"),
            .unk = model.unk_id,
            .cls = find("cls_token"),
            .sep = find("sep_token"),
            .mask = find("mask_token")};
    if (ids_.cls < 0 || ids_.sep < 0) {
      throw Error(ErrorKind::kMissing,
                  "tokenizer.model has no control piece \"" +
                      settings.Special(ids_.cls < 0 ? "cls_token" : "sep_token").text + "\"");
    }
  }

  std::vector<int32_t> Encode(std::string_view text, uint32_t max_length) const override {
    if (max_length < 2) throw Error(ErrorKind::kInvalid, "max_length must be at least 2");
    const size_t room = max_length - 2;
    const std::vector<int32_t> pieces =
        TokenizeBeginning(text, room, [&](std::string_view beginning) {
          const std::string valid = ToValidUtf8(beginning);
          return text_->Ids(lower_case_ ? ToLowerCase(valid) : valid);
        });
    const size_t count = std::min(room, pieces.size());
    std::vector<int32_t> ids;
    ids.reserve(count + 2);
    ids.push_back(ids_.cls);
    ids.insert(ids.end(), pieces.begin(), pieces.begin() + static_cast<ptrdiff_t>(count));
    ids.push_back(ids_.sep);
    return ids;
  }

  uint32_t vocabulary_size() const override { return text_->model().piece_count; }
  const SpecialIds& special_ids() const override { return ids_; }

 private:
  // Constant after construction.
  bool lower_case_;
  std::unique_ptr<const SentencePieceText> text_;
  SpecialIds ids_;
};

}  // namespace

std::shared_ptr<const Tokenizer> LoadSentencePiece(const ModelPackage& package,
                                                   const TokenizerSettings& settings) {
  return std::make_shared<SentencePieceTokenizer>(package, settings);
}

}  // namespace semblance::encoder
