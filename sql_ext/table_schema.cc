#include "sql_ext/table_schema.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>

#include "engine/error.h"
#include "engine/nearest_name.h"

namespace semblance::sql {
namespace {

using engine::Error;
using engine::ErrorKind;

// A word of an argument; quoted ones may hold anything.
struct Word {
  std::string text;
  bool quoted = false;
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

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
  throw Error(ErrorKind::kInvalid, "a quote is not closed in '" + argument + "'");
}

// Splits an argument into words and the single characters + = [ ].
std::vector<Word> Split(const std::string& argument) {
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
      throw Error(ErrorKind::kInvalid, std::string("unexpected '") + c + "' in '" + argument + "'");
    }
  }
  return words;
}

bool Is(const Word& word, const char* text) { return !word.quoted && word.text == text; }

uint32_t ParseNumber(const std::string& key, const std::string& value, uint32_t least,
                     uint32_t most) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < least ||
      number > most) {
    throw Error(ErrorKind::kInvalid, key + "=" + value + ": a whole number from " +
                                         std::to_string(least) + " to " + std::to_string(most) +
                                         " was expected");
  }
  return number;
}

template <typename T>
T Choose(const std::string& key, const std::string& value,
         const std::vector<std::pair<std::string, T>>& choices) {
  std::vector<std::string> names;
  std::string list;
  for (const auto& [name, choice] : choices) {
    if (Lower(value) == name) return choice;
    names.push_back(name);
    list += (list.empty() ? "" : ", ") + name;
  }
  throw Error(ErrorKind::kInvalid, key + "=" + value + ": expected one of " + list +
                                       engine::DidYouMean(Lower(value), names));
}

void SetOption(const std::string& key, const std::string& value, TableSchema* schema) {
  using index::Kind;
  using index::Metric;
  if (key == "model") {
    schema->model = value;
  } else if (key == "distance_metric") {
    schema->metric = Choose<Metric>(
        key, value,
        {{"cosine", Metric::kCosine}, {"l2", Metric::kL2}, {"ip", Metric::kInnerProduct}});
  } else if (key == "index") {
    schema->kind = Choose<Kind>(
        key, value, {{"auto", Kind::kHnsw}, {"hnsw", Kind::kHnsw}, {"flat", Kind::kFlat}});
  } else if (key == "quantization") {
    schema->quantization = Choose<index::Quantization>(
        key, value,
        {{"none", index::Quantization::kNone}, {"sq8", index::Quantization::kSq8}});
  } else if (key == "oversample") {
    schema->oversample = ParseNumber(key, value, 1, 1000);
  } else if (key == "hnsw_m") {
    schema->hnsw_m = ParseNumber(key, value, 2, 256);
  } else if (key == "ef_construction") {
    schema->ef_construction = ParseNumber(key, value, 1, 10000);
  } else if (key == "ef") {
    schema->ef = ParseNumber(key, value, 1, 10000);
  } else {
    throw Error(ErrorKind::kInvalid,
                "unknown option '" + key + "'" +
                    engine::DidYouMean(key, {"model", "distance_metric", "index", "quantization",
                                             "oversample", "hnsw_m", "ef_construction", "ef"}) +
                    "; the options are model, distance_metric, index, quantization, oversample, "
                    "hnsw_m, ef_construction, ef");
  }
}

// The type and role from the words between a column's name and its options.
void SetType(const std::vector<Word>& words, size_t from, size_t to, const std::string& argument,
             TableColumn* column, TableSchema* schema) {
  if (to - from == 4 && Is(words[from + 1], "[") && Is(words[from + 3], "]")) {
    if (Lower(words[from].text) != "float") {
      throw Error(ErrorKind::kInvalid,
                  "'" + argument + "': a vector column is written name FLOAT[n]");
    }
    column->role = TableColumn::Role::kVector;
    column->type = "";
    schema->dimension = ParseNumber("the dimension of " + column->name, words[from + 2].text, 1,
                                    index::kMaxDimension);
    return;
  }
  for (; from < to; ++from) {
    const std::string word = Lower(words[from].text);
    if (word == "embed") {
      column->role = TableColumn::Role::kText;
    } else if (column->type.empty()) {
      const std::vector<std::string> types = {"text",    "integer", "int",     "real", "double",
                                              "boolean", "blob",    "numeric", "embed"};
      if (std::find(types.begin(), types.end(), word) == types.end()) {
        throw Error(ErrorKind::kInvalid, "unknown type '" + words[from].text + "' of column '" +
                                             column->name + "'" + engine::DidYouMean(word, types) +
                                             "; types are TEXT, INTEGER, REAL, BOOLEAN, BLOB, "
                                             "NUMERIC, and FLOAT[n] for a vector");
      }
      column->type = words[from].text;
    } else {
      throw Error(ErrorKind::kInvalid, "'" + argument + "': unexpected '" + words[from].text + "'");
    }
  }
  if (column->role == TableColumn::Role::kText && !column->type.empty() &&
      Lower(column->type) != "text") {
    throw Error(ErrorKind::kInvalid, "'" + argument + "': an EMBED column is TEXT");
  }
}

void ParseArgument(const std::string& argument, TableSchema* schema) {
  const std::vector<Word> words = Split(argument);
  if (words.empty())
    throw Error(ErrorKind::kInvalid, "an argument is empty: a column or an option was expected");
  // Options key=value stand at the end.
  size_t end = words.size();
  std::vector<std::pair<std::string, std::string>> options;
  while (end >= 3 && Is(words[end - 2], "=")) {
    options.emplace_back(Lower(words[end - 3].text), words[end - 1].text);
    end -= 3;
  }
  if (std::any_of(words.begin(), words.begin() + static_cast<ptrdiff_t>(end),
                  [](const Word& w) { return Is(w, "="); })) {
    throw Error(ErrorKind::kInvalid, "'" + argument + "': options are written key=value");
  }
  if (end > 0) {
    size_t at = 0;
    TableColumn column;
    if (Is(words[0], "+")) {
      column.role = TableColumn::Role::kAuxiliary;
      ++at;
    }
    if (at == end)
      throw Error(ErrorKind::kInvalid, "'" + argument + "': a column name was expected after '+'");
    column.name = words[at].text;
    const bool auxiliary = column.role == TableColumn::Role::kAuxiliary;
    SetType(words, at + 1, end, argument, &column, schema);
    if (auxiliary && column.role != TableColumn::Role::kAuxiliary) {
      throw Error(ErrorKind::kInvalid,
                  "'" + argument + "': an auxiliary column (+) is neither embedded nor a vector");
    }
    schema->columns.push_back(std::move(column));
  }
  for (auto option = options.rbegin(); option != options.rend(); ++option)
    SetOption(option->first, option->second, schema);
}

void CheckNames(const std::string& table, const TableSchema& schema) {
  const std::vector<std::string> reserved = {Lower(table), "distance", "k",      "ef",
                                             "rowid",      "oid",      "_rowid_"};
  std::vector<std::string> seen;
  for (const TableColumn& column : schema.columns) {
    const std::string name = Lower(column.name);
    if (name.empty()) throw Error(ErrorKind::kInvalid, "a column has an empty name");
    if (std::find(reserved.begin(), reserved.end(), name) != reserved.end()) {
      throw Error(
          ErrorKind::kInvalid,
          "a column cannot be named '" + column.name +
              "': the table's own name, distance, k, ef and rowid have a meaning of their own");
    }
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      throw Error(ErrorKind::kInvalid, "two columns are named '" + column.name + "'");
    }
    seen.push_back(name);
  }
}

}  // namespace

int TableSchema::ContentIndex(size_t column) const {
  if (columns[column].role == TableColumn::Role::kVector) return -1;
  return static_cast<int>(column) - (!embeds() && column > vector_column ? 1 : 0);
}

void CheckTableName(const std::string& table, const TableSchema& schema) {
  for (const char* hidden : {"distance", "k", "ef", "rowid", "oid", "_rowid_"}) {
    if (Lower(table) == hidden) {
      throw Error(ErrorKind::kInvalid, "a table cannot be named '" + table +
                                           "': its columns distance, k, ef and rowid have "
                                           "that name");
    }
  }
  CheckNames(table, schema);
}

TableSchema ParseTableSchema(const std::string& table, std::span<const char* const> arguments) {
  TableSchema schema;
  for (const char* argument : arguments) ParseArgument(argument, &schema);
  size_t vectors = 0;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    const auto role = schema.columns[i].role;
    if (role != TableColumn::Role::kText && role != TableColumn::Role::kVector) continue;
    schema.vector_column = i;
    ++vectors;
  }
  if (vectors != 1) {
    throw Error(ErrorKind::kInvalid,
                std::string(vectors == 0 ? "no" : "more than one") +
                    " column to search by: give exactly one 'name TEXT EMBED' (embedded on write) "
                    "or 'name FLOAT[n]' (vectors you bring)");
  }
  CheckTableName(table, schema);
  return schema;
}

}  // namespace semblance::sql
