// Byte-pair encoding over bytes: a word begins as its bytes, and the pair of neighbours that was
// learned first is joined, wherever it stands, until no learned pair is left.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/encoder/imported_tokenizer.h"
#include "engine/encoder/vocabulary.h"

namespace semblance::encoder {

// Pairs as the files write them (byte_level.h), the first learned first; of one that stands twice
// the last counts.
using MergeList = std::vector<std::pair<std::string, std::string>>;

// merges.txt: a pair a line, parted by a space. The first line is none. A last line without an end
// does not count. Throws kCorruption, naming `what`.
MergeList ReadMerges(std::string_view text, const std::string& what);

// What has no id becomes `unk`, or nothing where that is -1. Takes n log n time for a word of n
// bytes.
std::unique_ptr<const Segmenter> MakeBytePairs(const Vocabulary& vocabulary,
                                               const MergeList& merges, int32_t unk);

}  // namespace semblance::encoder
