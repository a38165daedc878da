// Text to ids with sentencepiece.
#include <sentencepiece_processor.h>

#include <algorithm>
#include <exception>
#include <string>

#include "engine/encoder/sentencepiece_model.h"
#include "engine/encoder/tokenizer_settings.h"
#include "engine/encoder/utf8.h"

// Exported by the library and in none of its installed headers.
namespace sentencepiece::logging {
void SetMinLogLevel(int level);
}

namespace semblance::encoder {
namespace {

constexpr int kOnlyFatal = 3;

// How much of a long text is tokenized for `max_length` ids. An id stands for some four bytes on
// average; this has room for sixteen times as many. Where that is not enough - long runs of spaces,
// or of characters without a piece, become one id or none - the beginning grows eightfold until it
// is, or reaches a last bound; ids that come from beyond that are lost. The library takes time that
// is quadratic in a run of characters without a piece, a quarter of a second for 64 KiB.
constexpr size_t kBytesPerId = 64;
constexpr size_t kGrowth = 8;
constexpr size_t kLastBound = size_t{64} << 10;  // for long sequences kLastBytesPerId an id
constexpr size_t kLastBytesPerId = 16;
// The last ids before a cut may differ from those of the whole text, as a word was cut there.
constexpr size_t kSpareIds = 8;

class SentencePieceTokenizer : public Tokenizer {
 public:
  SentencePieceTokenizer(const ModelPackage& package, const TokenizerSettings& settings)
      : lower_case_(settings.lower_case) {
    const std::string_view bytes = package.File("tokenizer.model");
    const SentencePieceModel model = CheckSentencePieceModel(bytes);
    size_ = model.piece_count;
    const auto find = [&](const std::string& name) {
      const auto found = model.reserved.find(name);
      return found == model.reserved.end() ? -1 : found->second;
    };
    ids_ = {.pad = find(settings.pad),
            .unk = model.unk_id,
            .cls = find(settings.cls),
            .sep = find(settings.sep),
            .mask = find(settings.mask)};
    if (ids_.cls < 0 || ids_.sep < 0) {
      throw Error(ErrorKind::kMissing, "tokenizer.model has no control piece \"" +
                                           (ids_.cls < 0 ? settings.cls : settings.sep) + "\"");
    }
    if (lower_case_) ToLowerCase("");  // finds out now whether it can
    sentencepiece::logging::SetMinLogLevel(kOnlyFatal);
    const auto status = processor_.LoadFromSerializedProto(bytes);
    if (!status.ok()) {
      throw Error(ErrorKind::kCorruption, "tokenizer.model: " + status.ToString());
    }
    // A piece may be declared twice in ways that only the library knows; ids must agree.
    if (processor_.GetPieceSize() != static_cast<int>(size_)) {
      throw Error(ErrorKind::kCorruption,
                  "tokenizer.model: the number of pieces is not what it says");
    }
  }

  std::vector<int32_t> Encode(std::string_view text, uint32_t max_length) const override {
    if (max_length < 2) throw Error(ErrorKind::kInvalid, "max_length must be at least 2");
    const size_t room = max_length - 2;
    std::vector<int> pieces;
    const size_t wanted = room + kSpareIds;
    const size_t last = std::max(kLastBound, wanted * kLastBytesPerId);
    for (size_t most = std::min(last, wanted * kBytesPerId);;
         most = std::min(last, most * kGrowth)) {
      const std::string_view beginning = CutAtCharacter(text, most);
      pieces = Pieces(beginning);
      const bool whole = beginning.size() == text.size() || most == last;
      if (whole || pieces.size() >= wanted) break;
    }
    const size_t count = std::min(room, pieces.size());
    std::vector<int32_t> ids;
    ids.reserve(count + 2);
    ids.push_back(ids_.cls);
    ids.insert(ids.end(), pieces.begin(), pieces.begin() + static_cast<ptrdiff_t>(count));
    ids.push_back(ids_.sep);
    return ids;
  }

  uint32_t vocabulary_size() const override { return size_; }
  const SpecialIds& special_ids() const override { return ids_; }

 private:
  std::vector<int> Pieces(std::string_view text) const {
    std::string valid = ToValidUtf8(text);
    if (lower_case_) valid = ToLowerCase(valid);
    std::vector<int> pieces;
    const auto status = processor_.Encode(valid, &pieces);
    if (!status.ok()) {
      throw Error(ErrorKind::kCorruption, "tokenizer.model: " + status.ToString());
    }
    return pieces;
  }

  // Constant after construction.
  bool lower_case_ = false;
  uint32_t size_ = 0;
  SpecialIds ids_;
  sentencepiece::SentencePieceProcessor processor_;
};

}  // namespace

std::shared_ptr<const Tokenizer> LoadSentencePiece(const ModelPackage& package,
                                                   const TokenizerSettings& settings) {
  try {
    return std::make_shared<SentencePieceTokenizer>(package, settings);
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {  // the library's trie builder throws types of its own
    throw Error(ErrorKind::kCorruption, std::string("tokenizer.model: ") + error.what());
  }
}

}  // namespace semblance::encoder
