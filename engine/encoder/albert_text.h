// What ALBERT's tokenizer does to a text before sentencepiece sees it.
#pragma once

#include <string>
#include <string_view>

namespace semblance::encoder {

struct AlbertTextOptions {
  bool remove_space = true;   // at both ends, and of runs all but one
  bool plain_quotes = true;   // `` and '' become "
  bool keep_accents = false;  // else form KD without its combining marks
  bool lower_case = true;
};

std::string PrepareAlbertText(std::string_view text, const AlbertTextOptions& options);

}  // namespace semblance::encoder
