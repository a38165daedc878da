#include "engine/encoder/text_beginning.h"

#include <algorithm>

#include "engine/encoder/utf8.h"

namespace semblance::encoder {
namespace {

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

}  // namespace

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
