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
    for (const int32_t piece : text_->Ids(prepare_ ? prepare_(text) : std::string(text))) {
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
