#include "engine/encoder/sentencepiece_text.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <exception>

#include "engine/encoder/utf8.h"

// Exported by the library and in none of its installed headers.
namespace sentencepiece::logging {
void SetMinLogLevel(int level);
}

namespace semblance::encoder {
namespace {

constexpr int kOnlyFatal = 3;

// How much of a long text is tokenized. An id stands for some four bytes on average; this has room
// for sixteen times as many. Where that is not enough - long runs of spaces, or of characters
// without a piece, become one id or none - the beginning grows eightfold until it is, or reaches a
// last bound, since the library is slow with such runs.
constexpr size_t kBytesPerId = 64;
constexpr size_t kGrowth = 8;
constexpr size_t kLastBound = size_t{64} << 10;  // for long sequences kLastBytesPerId an id
constexpr size_t kLastBytesPerId = 16;
// The last ids before a cut may differ from those of the whole text, as a word was cut there.
constexpr size_t kSpareIds = 8;

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

std::vector<int32_t> TokenizeBeginning(
    std::string_view text, size_t count,
    const std::function<std::vector<int32_t>(std::string_view)>& tokenize) {
  const size_t wanted = count + kSpareIds;
  const size_t last = std::max(kLastBound, wanted * kLastBytesPerId);
  for (size_t most = std::min(last, wanted * kBytesPerId);; most = std::min(last, most * kGrowth)) {
    const std::string_view beginning = CutAtCharacter(text, most);
    std::vector<int32_t> ids = tokenize(beginning);
    const bool whole = beginning.size() == text.size() || most == last;
    if (whole || ids.size() >= wanted) return ids;
  }
}

}  // namespace semblance::encoder
