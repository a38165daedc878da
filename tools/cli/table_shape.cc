#include "tools/cli/table_shape.h"

#include <sqlite3.h>

#include <algorithm>
#include <cctype>

namespace semblance::cli {
namespace {

bool SameName(const std::string& a, const std::string& b) {
  return sqlite3_stricmp(a.c_str(), b.c_str()) == 0;
}

std::string Trim(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

char ClosingQuote(char c) { return c == '[' ? ']' : c; }
bool IsQuote(char c) { return c == '"' || c == '\'' || c == '`'; }

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

bool HasWord(const std::string& text, const std::string& word) {
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !std::isalnum(static_cast<unsigned char>(text[at - 1]));
    const size_t end = at + word.size();
    const bool ends = end == text.size() || !std::isalnum(static_cast<unsigned char>(text[end]));
    if (begins && ends) return true;
  }
  return false;
}

bool IsPlainName(const std::string& name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) return false;
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return (c < 0x80 && std::isalnum(c)) || c == '_'; });
}

}  // namespace

std::string TakeName(const std::string& definition, std::string* rest) {
  const char first = definition.empty() ? ' ' : definition[0];
  if (!IsQuote(first) && first != '[') {
    const size_t end = std::min(definition.find_first_of(" \t\r\n"), definition.size());
    *rest = Upper(Trim(definition.substr(end)));
    return definition.substr(0, end);
  }
  const char close = ClosingQuote(first);
  std::string name;
  size_t i = 1;
  for (; i < definition.size(); ++i) {
    if (definition[i] == close) {
      if (i + 1 >= definition.size() || definition[i + 1] != close) break;
      ++i;
    }
    name += definition[i];
  }
  *rest = Upper(Trim(definition.substr(std::min(i + 1, definition.size()))));
  return name;
}

std::string Spell(const std::string& name) { return IsPlainName(name) ? name : QuoteName(name); }

std::vector<std::string> TableShape::ColumnNames() const {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  return names;
}

const Column* TableShape::Find(const std::string& name) const {
  for (const Column& column : columns) {
    if (SameName(column.name, name)) return &column;
  }
  return nullptr;
}

std::vector<std::string> SplitArguments(const std::string& text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  char quote = 0;
  for (char c : text) {
    if (quote) {
      if (c == quote) quote = 0;
    } else if (IsQuote(c)) {
      quote = c;
    } else if (c == '(' || c == '[') {
      ++depth;
    } else if (c == ')' || c == ']') {
      --depth;
    } else if (c == ',' && depth == 0) {
      parts.emplace_back();
      continue;
    }
    parts.back() += c;
  }
  for (std::string& part : parts) part = Trim(part);
  return parts;
}

std::vector<std::string> ArgumentsOf(const std::string& create_sql) {
  const size_t open = create_sql.find('(');
  const size_t close = create_sql.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  return SplitArguments(create_sql.substr(open + 1, close - open - 1));
}

std::optional<std::string> SearchedColumn(const std::string& create_sql, bool* text) {
  for (const std::string& part : ArgumentsOf(create_sql)) {
    std::string rest;
    const std::string name = TakeName(part, &rest);
    *text = HasWord(rest, "EMBED");
    if (*text || HasWord(rest, "FLOAT")) return name;
  }
  return std::nullopt;
}

std::optional<TableShape> ReadTableShape(Connection* connection, const std::string& table) {
  Statement schema(connection->handle(),
                   "SELECT name, sql FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE");
  schema.Bind(1, table);
  if (!schema.Step()) return std::nullopt;
  TableShape shape;
  shape.table = schema.Text(0);
  const std::string sql = schema.Text(1);
  const auto searched = Upper(sql).find("SEMBLANCE") == std::string::npos
                            ? std::nullopt
                            : SearchedColumn(sql, &shape.text);
  if (!searched) {
    throw SqlError(SQLITE_ERROR,
                   "'" + shape.table + "' is not a table made with USING semblance(...)");
  }
  shape.searched = *searched;
  Statement columns(connection->handle(), "SELECT name, type FROM pragma_table_info(?1)");
  columns.Bind(1, shape.table);
  while (columns.Step()) shape.columns.push_back({columns.Text(0), Upper(columns.Text(1))});
  return shape;
}

std::vector<std::string> SemblanceTables(Connection* connection) {
  Statement schema(
      connection->handle(),
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%'"
      " AND replace(sql, ' ', '') LIKE '%USINGsemblance(%' ORDER BY name");
  std::vector<std::string> tables;
  while (schema.Step()) tables.push_back(schema.Text(0));
  return tables;
}

std::string CreateTableSql(const TableShape& shape, const std::string& model) {
  std::string sql = "CREATE VIRTUAL TABLE " + Spell(shape.table) + " USING semblance(";
  for (size_t i = 0; i < shape.columns.size(); ++i) {
    const Column& column = shape.columns[i];
    if (i > 0) sql += ", ";
    sql += Spell(column.name) + " " + column.type;
    if (column.name == shape.searched) sql += " EMBED";
  }
  if (!model.empty()) sql += ", model=" + QuoteText(model);
  return sql + ")";
}

std::string InsertSql(const TableShape& shape) {
  std::string names;
  std::string parameters;
  for (size_t i = 0; i < shape.columns.size(); ++i) {
    names += (i > 0 ? ", " : "") + QuoteName(shape.columns[i].name);
    parameters += (i > 0 ? ", ?" : "?") + std::to_string(i + 1);
  }
  return "INSERT INTO " + QuoteName(shape.table) + "(" + names + ") VALUES (" + parameters + ")";
}

}  // namespace semblance::cli
