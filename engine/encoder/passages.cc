#include "engine/encoder/passages.h"

#include <algorithm>
#include <limits>

#include "engine/encoder/unicode.h"
#include "engine/encoder/utf8.h"

namespace semblance::encoder {
namespace {

// A word, or a part of one that is too long, with the spaces in front of it.
struct Piece {
  size_t spaces = 0, begin = 0, end = 0;  // bytes: where its spaces begin, where it begins and ends
  uint32_t tokens = 0;                    // without [CLS] and [SEP]
};

// The character at `*at`, and *at behind it; a byte that is part of none counts as one.
uint32_t CharacterAt(std::string_view text, size_t* at) {
  constexpr size_t kLongest = 4;
  const std::string_view rest = text.substr(*at, kLongest);
  for (size_t length = 1; length <= rest.size(); ++length) {
    const std::string_view one = rest.substr(0, length);
    if (ToValidUtf8(one) != one) continue;
    size_t end = 0;
    const uint32_t character = NextCharacter(one, &end);
    *at += end;
    return character;
  }
  ++*at;
  return 0xFFFD;
}

class Cutter {
 public:
  Cutter(const Tokenizer& tokenizer, std::string_view text, const PassageLimits& limits,
         const std::function<bool()>& cancel)
      : tokenizer_(tokenizer),
        cancel_(cancel),
        text_(text),
        overlap_(limits.overlap),
        specials_(LeastTokens(tokenizer) - 1),
        most_(limits.tokens - specials_) {}

  std::vector<Passage> Cut() {
    ReadPieces();
    std::vector<Passage> passages;
    for (size_t first = 0, end = 0; first < pieces_.size() && end < pieces_.size();) {
      end = EndOf(first);
      passages.push_back({pieces_[first].begin, pieces_[end - 1].end - pieces_[first].begin});
      first = NextFirst(first, end);
    }
    return passages;
  }

 private:
  // At most one more than most_.
  uint32_t Count(size_t begin, size_t end) const {
    constexpr size_t kBetweenPolls = 256;
    if (cancel_ && ++counted_ % kBetweenPolls == 0 && cancel_()) {
      throw Error(ErrorKind::kInterrupted, "interrupted");
    }
    const auto ids = tokenizer_.Encode(text_.substr(begin, end - begin), most_ + specials_ + 1);
    return static_cast<uint32_t>(ids.size()) - specials_;
  }

  void ReadPieces() {
    for (size_t at = 0; at < text_.size();) {
      Piece piece{.spaces = at};
      for (piece.begin = at; at < text_.size() && IsSpace(CharacterAt(text_, &at));) {
        piece.begin = at;
      }
      if (piece.begin == text_.size()) return;
      for (piece.end = at = piece.begin; at < text_.size() && !IsSpace(CharacterAt(text_, &at));) {
        piece.end = at;
      }
      at = piece.end;
      Add(piece);
    }
  }

  // In parts where it is too long.
  void Add(Piece word) {
    for (word.tokens = Count(word.spaces, word.end); word.tokens > most_;
         word.tokens = Count(word.spaces, word.end)) {
      Piece part = word;
      part.end = PartEnd(word);
      part.tokens = std::min(Count(part.spaces, part.end), most_);
      if (part.end == word.end) {
        word = part;
        break;
      }
      pieces_.push_back(part);
      word.spaces = word.begin = part.end;
    }
    pieces_.push_back(word);
  }

  // Where the longest beginning of a word ends that is short enough: between characters, and behind
  // one at least.
  size_t PartEnd(const Piece& word) const {
    std::vector<size_t> ends;
    // Tokens of more bytes on average are rare; the part is shorter than it could be then.
    constexpr size_t kTokenBytes = 16;
    const size_t far = std::min(word.end, word.begin + size_t{most_} * kTokenBytes);
    for (size_t at = word.begin; at < far;) {
      CharacterAt(text_, &at);
      ends.push_back(at);
    }
    const auto end = std::partition_point(ends.begin() + 1, ends.end(), [&](size_t candidate) {
      return Count(word.spaces, candidate) <= most_;
    });
    return *(end - 1);
  }

  // Behind the last piece of a passage that begins with `first`.
  size_t EndOf(size_t first) const {
    uint32_t tokens = 0;
    size_t end = first;
    while (end < pieces_.size() && (end == first || tokens + pieces_[end].tokens <= most_)) {
      tokens += pieces_[end++].tokens;
    }
    // Pieces may have other tokens beside each other than alone.
    while (end > first + 1 && Count(pieces_[first].begin, pieces_[end - 1].end) > most_) --end;
    return end;
  }

  // The first piece of the passage after first .. end: as many of the last as the overlap holds,
  // where a new one has room beside them.
  size_t NextFirst(size_t first, size_t end) const {
    if (end == pieces_.size()) return end;
    uint32_t tokens = 0;
    size_t next = end;
    while (next > first + 1 && tokens + pieces_[next - 1].tokens <= overlap_ &&
           tokens + pieces_[next - 1].tokens + pieces_[end].tokens <= most_) {
      tokens += pieces_[--next].tokens;
    }
    while (next < end && EndOf(next) <= end) ++next;
    return next;
  }

  const Tokenizer& tokenizer_;
  const std::function<bool()>& cancel_;
  const std::string_view text_;
  const uint32_t overlap_;
  const uint32_t specials_, most_;  // tokens of a passage: [CLS] and [SEP], and the others
  mutable size_t counted_ = 0;
  std::vector<Piece> pieces_;
};

}  // namespace

uint32_t LeastTokens(const Tokenizer& tokenizer) {
  constexpr uint32_t kMore = 16;
  return static_cast<uint32_t>(tokenizer.Encode("", kMore).size()) + 1;
}

std::vector<Passage> CutIntoPassages(const Tokenizer& tokenizer, std::string_view text,
                                     const PassageLimits& limits,
                                     const std::function<bool()>& cancel) {
  return Cutter(tokenizer, text, limits, cancel).Cut();
}

}  // namespace semblance::encoder
