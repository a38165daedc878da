#include "sql_ext/schema_words.h"

#include <cctype>

#include "engine/error.h"

namespace semblance::sql {
namespace {

using engine::Error;
using engine::ErrorKind;

bool IsWordByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-' ||
         c == '/' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

Word TakeQuoted(std::string_view text, size_t* i, const std::string& argument) {
  const char close = text[*i] == '[' ? ']' : text[*i];
  Word word;
  word.quoted = true;
  for (++*i; *i < text.size(); ++*i) {
    if (text[*i] != close) {
      word.text += text[*i];
    } else if (*i + 1 < text.size() && text[*i + 1] == close && close != ']') {
      word.text += text[(*i)++];
    } else {
      ++*i;
      return word;
    }
  }
  throw Error(ErrorKind::kSchema, "a quote is not closed in '" + argument + "'");
}

}  // namespace

std::vector<Word> SplitWords(const std::string& argument) {
  std::vector<Word> words;
  for (size_t i = 0; i < argument.size();) {
    const char c = argument[i];
    if (std::isspace(static_cast<unsigned char>(c))) {
      ++i;
    } else if (c == '"' || c == '\'' || c == '`' ||
               (c == '[' && (words.empty() || words.back().text == "+"))) {
      words.push_back(TakeQuoted(argument, &i, argument));
    } else if (IsWordByte(c)) {
      Word word;
      while (i < argument.size() && IsWordByte(argument[i])) word.text += argument[i++];
      words.push_back(std::move(word));
    } else if (c == '+' || c == '=' || c == '[' || c == ']') {
      words.push_back({std::string(1, c), false});
      ++i;
    } else {
      throw Error(ErrorKind::kSchema, std::string("unexpected '") + c + "' in '" + argument + "'");
    }
  }
  return words;
}

bool Is(const Word& word, const char* text) { return !word.quoted && word.text == text; }

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

}  // namespace semblance::sql
