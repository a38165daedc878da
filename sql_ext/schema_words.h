// An argument of CREATE VIRTUAL TABLE as words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace semblance::sql {

// Quoted ones may hold anything.
struct Word {
  std::string text;
  bool quoted = false;
};

// Words and the single characters + = [ ]. Throws engine::Error kSchema for any other character
// and for a quote that is not closed.
std::vector<Word> SplitWords(const std::string& argument);

bool Is(const Word& word, const char* text);  // that very text, not quoted
std::string Lower(std::string_view text);     // of ASCII letters

}  // namespace semblance::sql
