#include "sql_ext/table_schema.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/nearest_name.h"
#include "sql_ext/schema_options.h"
#include "sql_ext/schema_words.h"
#include "sql_ext/statement.h"

namespace semblance::sql {
namespace {

using engine::Error;
using engine::ErrorKind;
using Role = TableColumn::Role;

bool IsVector(const TableColumn& column) {
  return column.role == Role::kText || column.role == Role::kVector;
}

bool IsContent(const TableColumn& column) {
  return column.role != Role::kVector && column.role != Role::kRowId;
}

// One column from the words of its argument.
class ColumnParser {
 public:
  ColumnParser(const std::string& argument, std::span<const Word> words)
      : argument_(argument), words_(words) {}

  // A vector column's dimension goes to `vector`.
  TableColumn Parse(VectorColumn* vector);

 private:
  [[noreturn]] void Throw(const std::string& what) const {
    throw Error(ErrorKind::kSchema, "'" + argument_ + "': " + what);
  }
  bool TakeVectorType(VectorColumn* vector);
  void TakeType();
  bool TakeRole();
  void SetRole(Role role);

  const std::string& argument_;
  std::span<const Word> words_;
  TableColumn column_;
  bool has_role_ = false;
};

TableColumn ColumnParser::Parse(VectorColumn* vector) {
  if (Is(words_[0], "+")) {
    SetRole(Role::kAuxiliary);
    words_ = words_.subspan(1);
    if (words_.empty()) Throw("a column name was expected after '+'");
  }
  column_.name = words_[0].text;
  words_ = words_.subspan(1);
  if (TakeVectorType(vector)) return std::move(column_);
  while (!words_.empty()) {
    if (!TakeRole()) TakeType();
  }
  const std::string type = Lower(column_.type);
  if (column_.role == Role::kText && !type.empty() && type != "text")
    Throw("an EMBED column is TEXT");
  if (column_.role == Role::kKey) {
    if (type != "text" && type != "integer" && type != "int")
      Throw("a primary key is written INTEGER PRIMARY KEY or TEXT PRIMARY KEY");
    if (type != "text") column_.role = Role::kRowId;
  }
  return std::move(column_);
}

bool ColumnParser::TakeVectorType(VectorColumn* vector) {
  if (words_.size() < 2 || !Is(words_[1], "[")) return false;
  if (words_.size() != 4 || !Is(words_[3], "]") || Lower(words_[0].text) != "float")
    Throw("a vector column is written name FLOAT[n]");
  SetRole(Role::kVector);
  vector->dimension =
      ParseNumber("the dimension of " + column_.name, words_[2].text, 1, index::kMaxDimension);
  return true;
}

void ColumnParser::SetRole(Role role) {
  if (has_role_) {
    Throw(column_.role == Role::kAuxiliary
              ? "an auxiliary column (+) is not searched by: no EMBED, FLOAT[n] or KEY"
              : "a column is one of EMBED, PARTITION KEY and PRIMARY KEY");
  }
  column_.role = role;
  has_role_ = true;
}

bool ColumnParser::TakeRole() {
  const std::string word = Lower(words_[0].text);
  if (word == "embed") {
    SetRole(Role::kText);
    words_ = words_.subspan(1);
    return true;
  }
  if (word != "partition" && word != "primary") return false;
  if (words_.size() < 2 || Lower(words_[1].text) != "key")
    Throw("KEY was expected after '" + words_[0].text + "'");
  SetRole(word == "primary" ? Role::kKey : Role::kPartition);
  words_ = words_.subspan(2);
  return true;
}

void ColumnParser::TakeType() {
  const std::string& word = words_[0].text;
  if (!column_.type.empty()) Throw("unexpected '" + word + "'");
  const std::vector<std::string> types = {"text",   "integer", "int",      "real",
                                          "double", "boolean", "blob",     "numeric",
                                          "embed",  "primary", "partition"};
  if (std::find(types.begin(), types.end(), Lower(word)) == types.end()) {
    throw Error(ErrorKind::kSchema, "unknown type '" + word + "' of column '" + column_.name + "'" +
                                        engine::DidYouMean(Lower(word), types) +
                                        "; types are TEXT, INTEGER, REAL, BOOLEAN, BLOB, "
                                        "NUMERIC, and FLOAT[n] for a vector");
  }
  column_.type = word;
  words_ = words_.subspan(1);
}

// The arguments together: columns first, then what the options say of them.
class SchemaParser {
 public:
  void Add(const std::string& argument);
  TableSchema Finish();

 private:
  void TakeContent();

  TableSchema schema_;
  std::vector<std::vector<TableOption>> own_;  // of each of schema_.vectors
  std::vector<TableOption> common_;
};

void SchemaParser::Add(const std::string& argument) {
  const std::vector<Word> words = SplitWords(argument);
  if (words.empty())
    throw Error(ErrorKind::kSchema, "an argument is empty: a column or an option was expected");
  // Options key=value stand at the end.
  size_t end = words.size();
  std::vector<TableOption> options;
  while (end >= 3 && Is(words[end - 2], "=")) {
    options.insert(options.begin(), {Lower(words[end - 3].text), words[end - 1].text});
    end -= 3;
  }
  if (std::any_of(words.begin(), words.begin() + static_cast<ptrdiff_t>(end),
                  [](const Word& w) { return Is(w, "="); })) {
    throw Error(ErrorKind::kOption, "'" + argument + "': options are written key=value");
  }
  if (end > 0) {
    VectorColumn vector;
    vector.column = schema_.columns.size();
    schema_.columns.push_back(ColumnParser(argument, std::span(words).first(end)).Parse(&vector));
    if (IsVector(schema_.columns.back())) {
      schema_.vectors.push_back(std::move(vector));
      own_.push_back(std::move(options));
      return;
    }
  }
  common_.insert(common_.end(), options.begin(), options.end());
}

// content= and content_rowid= out of the table's options.
void SchemaParser::TakeContent() {
  std::optional<std::string> table, row_id;
  std::erase_if(common_, [&](const TableOption& option) {
    if (option.key == "content") table = option.value;
    if (option.key == "content_rowid") row_id = option.value;
    return option.key == "content" || option.key == "content_rowid";
  });
  if (row_id && !table) {
    throw Error(ErrorKind::kOption,
                "content_rowid=" + *row_id + " goes with content='…', the table it is a column of");
  }
  if (!table) return;
  if (table->empty())
    throw Error(ErrorKind::kSchema, "content='': the name of a table or view was expected");
  schema_.content = ContentTable{*table, row_id.value_or("rowid")};
  for (const TableColumn& column : schema_.columns) {
    if (column.role != Role::kKey && column.role != Role::kPartition) continue;
    throw Error(ErrorKind::kSchema, "column " + column.name + ": with content=" + *table +
                                        " the keys and indexes are that table's own");
  }
}

TableSchema SchemaParser::Finish() {
  if (schema_.vectors.empty()) {
    throw Error(ErrorKind::kSchema,
                "no column to search by: give at least one 'name TEXT EMBED' (embedded on write) "
                "or 'name FLOAT[n]' (vectors you bring)");
  }
  if (std::count_if(schema_.columns.begin(), schema_.columns.end(), [](const TableColumn& c) {
        return c.role == Role::kKey || c.role == Role::kRowId;
      }) > 1) {
    throw Error(ErrorKind::kSchema, "two columns are PRIMARY KEY: a table has one at most");
  }
  TakeContent();
  for (size_t v = 0; v < schema_.vectors.size(); ++v) {
    for (const TableOption& option : common_) SetOption(option, &schema_.vectors[v]);
    for (const TableOption& option : own_[v]) {
      if (option.key == "model" && !schema_.Embeds(v)) {
        throw Error(ErrorKind::kOption, "model=" + option.value + ": column " +
                                            schema_.VectorName(v) +
                                            " holds vectors of your own; models are for EMBED");
      }
      if (option.key == "dims" && !schema_.Embeds(v)) {
        throw Error(ErrorKind::kOption, "dims=" + option.value + ": column " +
                                            schema_.VectorName(v) + " has its FLOAT[n]");
      }
      if (option.key == "fts" && !schema_.Embeds(v)) {
        throw Error(ErrorKind::kOption, "fts=" + option.value + ": column " +
                                            schema_.VectorName(v) +
                                            " has no text; full-text search is for EMBED");
      }
      SetOption(option, &schema_.vectors[v]);
    }
    CheckTogether(schema_.vectors[v]);
    if (!schema_.Embeds(v)) {
      schema_.vectors[v].fts.clear();
      schema_.vectors[v].dims = 0;
    }
  }
  return std::move(schema_);
}

void CheckNames(const std::string& table, const TableSchema& schema) {
  const std::vector<std::string> reserved = {Lower(table), "distance", "k",      "ef",
                                             "rowid",      "oid",      "_rowid_"};
  std::vector<std::string> seen;
  for (const TableColumn& column : schema.columns) {
    const std::string name = Lower(column.name);
    if (name.empty()) throw Error(ErrorKind::kSchema, "a column has an empty name");
    if (std::find(reserved.begin(), reserved.end(), name) != reserved.end()) {
      throw Error(
          ErrorKind::kSchema,
          "a column cannot be named '" + column.name +
              "': the table's own name, distance, k, ef and rowid have a meaning of their own");
    }
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      throw Error(ErrorKind::kSchema, "two columns are named '" + column.name + "'");
    }
    seen.push_back(name);
  }
}

}  // namespace

bool TableSchema::Embeds(size_t vector) const {
  return columns[vectors[vector].column].role == Role::kText;
}

bool TableSchema::Rebuildable() const {
  return content || std::none_of(columns.begin(), columns.end(),
                                 [](const TableColumn& c) { return c.role == Role::kVector; });
}

std::optional<size_t> TableSchema::VectorOf(size_t column) const {
  for (size_t v = 0; v < vectors.size(); ++v) {
    if (vectors[v].column == column) return v;
  }
  return std::nullopt;
}

std::optional<size_t> TableSchema::VectorNamed(std::string_view name) const {
  for (size_t v = 0; v < vectors.size(); ++v) {
    if (Lower(VectorName(v)) == Lower(name)) return v;
  }
  return std::nullopt;
}

std::vector<std::string> TableSchema::VectorNames() const {
  std::vector<std::string> names;
  for (size_t v = 0; v < vectors.size(); ++v) names.push_back(VectorName(v));
  return names;
}

std::optional<size_t> TableSchema::ColumnOf(Role role) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].role == role) return i;
  }
  return std::nullopt;
}

int TableSchema::ContentIndex(size_t column) const {
  if (!IsContent(columns[column])) return -1;
  return static_cast<int>(
      std::count_if(columns.begin(), columns.begin() + static_cast<ptrdiff_t>(column), IsContent));
}

int TableSchema::ContentCount() const {
  return static_cast<int>(std::count_if(columns.begin(), columns.end(), IsContent));
}

std::string TableSchema::ContentColumn(size_t column) const {
  if (!content) return "c" + std::to_string(ContentIndex(column));
  // With the table's name before it: a quoted name alone is a string where no column has it.
  return Quoted(content->name) + "." + Quoted(columns[column].name);
}

std::string TableSchema::ContentRowId() const {
  return content ? Quoted(content->name) + "." + Quoted(content->row_id) : "id";
}

void CheckTableName(const std::string& table, const TableSchema& schema) {
  for (const char* hidden : {"distance", "k", "ef", "rowid", "oid", "_rowid_"}) {
    if (Lower(table) == hidden) {
      throw Error(ErrorKind::kSchema, "a table cannot be named '" + table +
                                          "': its columns distance, k, ef and rowid have "
                                          "that name");
    }
  }
  CheckNames(table, schema);
}

TableSchema ParseTableSchema(const std::string& table, std::span<const char* const> arguments) {
  SchemaParser parser;
  for (const char* argument : arguments) parser.Add(argument);
  TableSchema schema = parser.Finish();
  CheckTableName(table, schema);
  return schema;
}

}  // namespace semblance::sql
