#include "engine/encoder/wordpiece.h"

#include <algorithm>

namespace semblance::encoder {
namespace {

bool BeginsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

class WordPiece : public Segmenter {
 public:
  WordPiece(const Vocabulary& vocabulary, const WordPieceOptions& options)
      : options_(options), first_(vocabulary.tokens()) {
    for (const auto& [token, id] : first_) {
      longest_ = std::max(longest_, token.size());
      if (token.starts_with(options.continuing)) {
        inner_.emplace(token.substr(options.continuing.size()), id);
      }
    }
  }

  void Append(std::string_view text, size_t enough, std::vector<int32_t>* ids) const override {
    BertWords words(text, options_.words);
    std::string word;
    while (ids->size() < enough && words.Next(&word)) AppendWord(word, ids);
  }

 private:
  void AppendWord(std::string_view word, std::vector<int32_t>* ids) const {
    const auto characters = std::count_if(word.begin(), word.end(), BeginsCharacter);
    if (static_cast<uint64_t>(characters) > options_.longest_word) {
      ids->push_back(options_.unk);
      return;
    }
    const size_t before = ids->size();
    for (size_t begin = 0; begin < word.size();) {
      const TextMap<int32_t>& tokens = begin == 0 ? first_ : inner_;
      size_t end = std::min(word.size(), begin + longest_);
      for (; end > begin; --end) {
        if (end < word.size() && !BeginsCharacter(word[end])) continue;
        const auto found = tokens.find(word.substr(begin, end - begin));
        if (found == tokens.end()) continue;
        ids->push_back(found->second);
        break;
      }
      if (end == begin) {
        ids->resize(before);
        ids->push_back(options_.unk);
        return;
      }
      begin = end;
    }
  }

  // Constant after construction.
  WordPieceOptions options_;
  TextMap<int32_t> first_;  // all tokens
  TextMap<int32_t> inner_;  // those that go on a word, without what says so
  size_t longest_ = 0;      // bytes of a token
};

}  // namespace

std::unique_ptr<const Segmenter> MakeWordPiece(const Vocabulary& vocabulary,
                                               const WordPieceOptions& options) {
  return std::make_unique<WordPiece>(vocabulary, options);
}

}  // namespace semblance::encoder
