#include "engine/encoder/imported_tokenizer.h"

#include <cstdint>
#include <utility>

#include "engine/encoder/text_beginning.h"
#include "engine/encoder/unicode.h"
#include "engine/encoder/utf8.h"

namespace semblance::encoder {
namespace {

using Ids = std::vector<int32_t>;

// Calls between(text) for what stands between the tokens, appends the ids of the tokens, and stops
// at `enough` ids.
template <typename Between>
void Split(const AddedTokens& tokens, std::string_view text, size_t enough, Ids* ids,
           Between between) {
  for (size_t at = 0; at < text.size() && ids->size() < enough;) {
    const auto match = tokens.Find(text, at);
    const size_t end = match ? match->begin : text.size();
    if (end > at) between(text.substr(at, end - at));
    if (!match) return;
    ids->push_back(match->id);
    at = match->end;
  }
}

class ImportedTokenizer : public Tokenizer {
 public:
  explicit ImportedTokenizer(ImportedParts parts) : parts_(std::move(parts)) {}

  Ids Encode(std::string_view text, uint32_t max_length) const override {
    if (max_length < 2) throw Error(ErrorKind::kInvalid, "max_length must be at least 2");
    const size_t room = max_length - 2;
    Ids ids = parts_.bounded
                  ? TokenizeBeginning(text, room,
                                      [&](std::string_view part) { return Inner(part, SIZE_MAX); })
                  : Inner(text, room);
    if (ids.size() > room) ids.resize(room);
    ids.insert(ids.begin(), parts_.ids.cls);
    ids.push_back(parts_.ids.sep);
    return ids;
  }

  uint32_t vocabulary_size() const override { return parts_.vocabulary_size; }
  const SpecialIds& special_ids() const override { return parts_.ids; }

 private:
  // What stands between the two specials; more than `enough` ids at most by those of a word.
  Ids Inner(std::string_view text, size_t enough) const {
    Ids ids;
    std::string valid = ToValidUtf8(text);
    if (IsBlank(valid)) return ids;
    size_t at = 0;
    if (parts_.prefix_space && !IsStrippedSpace(NextCharacter(valid, &at))) {
      valid.insert(valid.begin(), ' ');
    }
    Split(parts_.exact, valid, enough, &ids,
          [&](std::string_view part) { AppendPart(part, enough, &ids); });
    return ids;
  }

  void AppendPart(std::string_view text, size_t enough, Ids* ids) const {
    if (parts_.folded.empty()) {
      parts_.segmenter->Append(text, enough, ids);
      return;
    }
    Split(parts_.folded, parts_.fold(text), enough, ids,
          [&](std::string_view part) { parts_.segmenter->Append(part, enough, ids); });
  }

  const ImportedParts parts_;
};

}  // namespace

std::shared_ptr<const Tokenizer> MakeImportedTokenizer(ImportedParts parts) {
  return std::make_shared<ImportedTokenizer>(std::move(parts));
}

}  // namespace semblance::encoder
