#include "engine/encoder/sentencepiece_text.h"

#include <sentencepiece_processor.h>

#include <exception>

// Exported by the library and in none of its installed headers.
namespace sentencepiece::logging {
void SetMinLogLevel(int level);
}

namespace semblance::encoder {
namespace {

constexpr int kOnlyFatal = 3;

class Library : public SentencePieceText {
 public:
  explicit Library(std::string_view bytes) : model_(CheckSentencePieceModel(bytes)) {
    sentencepiece::logging::SetMinLogLevel(kOnlyFatal);
    Check(processor_.LoadFromSerializedProto(bytes));
    // A piece may be declared twice in ways that only the library knows; ids must agree.
    if (processor_.GetPieceSize() != static_cast<int>(model_.piece_count)) {
      throw Error(ErrorKind::kCorruption, "the number of pieces is not what it says");
    }
  }

  std::vector<int32_t> Ids(std::string_view text) const override {
    std::vector<int> ids;
    Check(processor_.Encode(text, &ids));
    return ids;
  }

  std::vector<std::string> Pieces(std::string_view text) const override {
    std::vector<std::string> pieces;
    Check(processor_.Encode(text, &pieces));
    return pieces;
  }

  int32_t IdOf(std::string_view piece) const override { return processor_.PieceToId(piece); }
  const SentencePieceModel& model() const override { return model_; }

 private:
  static void Check(const sentencepiece::util::Status& status) {
    if (!status.ok()) throw Error(ErrorKind::kCorruption, status.ToString());
  }

  // Constant after construction.
  SentencePieceModel model_;
  sentencepiece::SentencePieceProcessor processor_;
};

}  // namespace

std::unique_ptr<const SentencePieceText> SentencePieceText::Load(std::string_view bytes,
                                                                 const std::string& name) {
  try {
    return std::make_unique<Library>(bytes);
  } catch (const Error& error) {
    throw Error(error.kind(), name + ": " + error.what());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {  // the library's trie builder throws types of its own
    throw Error(ErrorKind::kCorruption, name + ": " + error.what());
  }
}

}  // namespace semblance::encoder
