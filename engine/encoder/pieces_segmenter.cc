#include "engine/encoder/pieces_segmenter.h"

#include <utility>

namespace semblance::encoder {
namespace {

class PiecesSegmenter : public Segmenter {
 public:
  PiecesSegmenter(std::unique_ptr<const SentencePieceText> text, const PieceNumbers& numbers,
                  std::function<std::string(std::string_view)> prepare)
      : text_(std::move(text)), numbers_(numbers), prepare_(std::move(prepare)) {}

  void Append(std::string_view text, size_t enough, std::vector<int32_t>* ids) const override {
    const auto pieces =
        TokenizeBeginning(text, enough - ids->size(), [&](std::string_view beginning) {
          return text_->Ids(prepare_ ? prepare_(beginning) : std::string(beginning));
        });
    for (const int32_t piece : pieces) {
      const bool first = piece == 0 && numbers_.first >= 0;
      ids->push_back(first ? numbers_.first : piece + numbers_.offset);
    }
  }

 private:
  const std::unique_ptr<const SentencePieceText> text_;
  const PieceNumbers numbers_;
  const std::function<std::string(std::string_view)> prepare_;
};

}  // namespace

std::unique_ptr<const Segmenter> MakePiecesSegmenter(
    std::unique_ptr<const SentencePieceText> text, const PieceNumbers& numbers,
    std::function<std::string(std::string_view)> prepare) {
  return std::make_unique<PiecesSegmenter>(std::move(text), numbers, std::move(prepare));
}

}  // namespace semblance::encoder
