#include "tests/sql/reference_page.h"

#include <filesystem>
#include <stdexcept>

#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

constexpr std::string_view kFence = "```";

// The line at `at`, without its end; moves `at` behind it.
std::string_view TakeLine(std::string_view page, size_t* at) {
  const size_t end = std::min(page.find('\n', *at), page.size());
  const std::string_view line = page.substr(*at, end - *at);
  *at = std::min(end + 1, page.size());
  return line;
}

// Of the block whose first fence has been read: what stands in it.
std::string TakeBlock(std::string_view page, size_t* at, size_t* line) {
  std::string block;
  while (*at < page.size()) {
    const std::string_view text = TakeLine(page, at);
    ++*line;
    if (text == kFence) return block;
    block += std::string(text) + "\n";
  }
  throw std::runtime_error("line " + std::to_string(*line) + ": a block is not closed");
}

std::string Shown(sqlite3_stmt* statement, int column) {
  const auto* bytes = static_cast<const unsigned char*>(sqlite3_column_blob(statement, column));
  const int size = sqlite3_column_bytes(statement, column);
  if (sqlite3_column_type(statement, column) != SQLITE_BLOB) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    return text == nullptr ? "" : text;
  }
  std::string hex = "x'";
  for (int i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[bytes[i] >> 4];
    hex += "0123456789abcdef"[bytes[i] & 15];
  }
  return hex + "'";
}

std::string RowOf(sqlite3_stmt* statement) {
  if (sqlite3_stmt_isexplain(statement) == 2) return Shown(statement, 3) += '\n';
  std::string row;
  for (int i = 0; i < sqlite3_column_count(statement); ++i) {
    if (i > 0) row += '|';
    row += Shown(statement, i);
  }
  return row += '\n';
}

// Takes the statement that begins at `*from`, as the sqlite3 shell does: up to the first semicolon
// that ends one, or all of the rest.
std::string TakeStatement(const std::string& sql, size_t* from) {
  const size_t begin = *from;
  while (*from < sql.size()) {
    *from = std::min(sql.find(';', *from), sql.size() - 1) + 1;
    const std::string statement = sql.substr(begin, *from - begin);
    if (sqlite3_complete(statement.c_str()) != 0) return statement;
  }
  return sql.substr(begin);
}

std::string Run(sqlite3* db, const std::string& sql) {
  std::string output;
  for (size_t at = 0; at < sql.size();) {
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(db, TakeStatement(sql, &at).c_str(), -1, &statement, nullptr);
    if (code == SQLITE_OK && statement == nullptr) continue;  // nothing but a remark
    while (code == SQLITE_OK || code == SQLITE_ROW) {
      code = sqlite3_step(statement);
      if (code == SQLITE_ROW) output += RowOf(statement);
    }
    if (code != SQLITE_DONE) output += std::string("Error: ") + sqlite3_errmsg(db) + "\n";
    sqlite3_finalize(statement);
  }
  return output;
}

}  // namespace

std::vector<ReferenceExample> ParseReferencePage(std::string_view page) {
  std::vector<ReferenceExample> examples;
  size_t at = 0, line = 0;
  while (at < page.size()) {
    const std::string_view text = TakeLine(page, &at);
    ++line;
    if (text.substr(0, kFence.size()) != kFence) continue;
    ReferenceExample example;
    example.line = line + 1;
    example.sql = TakeBlock(page, &at, &line);
    if (text != "```sql") continue;
    example.begin = example.end = at;
    size_t ahead = at, lines = line;
    std::string_view next;
    while (ahead < page.size() && next.empty()) {
      next = TakeLine(page, &ahead);
      ++lines;
    }
    if (next == kFence) {
      example.output = TakeBlock(page, &ahead, &lines);
      at = example.end = ahead;
      line = lines;
    }
    examples.push_back(example);
  }
  return examples;
}

std::vector<std::string> RunReferenceExamples(const std::vector<ReferenceExample>& examples,
                                              const std::string& folder) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  std::vector<std::string> outputs;
  {
    TestConnection connection("notes.db");
    for (const ReferenceExample& example : examples)
      outputs.push_back(Run(connection.db(), example.sql));
  }
  std::filesystem::current_path(before);
  return outputs;
}

std::string WithOutputs(std::string_view page, const std::vector<ReferenceExample>& examples,
                        const std::vector<std::string>& outputs) {
  std::string text;
  size_t at = 0;
  for (size_t i = 0; i < examples.size(); ++i) {
    text += page.substr(at, examples[i].begin - at);
    if (!outputs[i].empty()) text += "\n```\n" + outputs[i] + "```\n";
    at = examples[i].end;
  }
  return text + std::string(page.substr(at));
}

}  // namespace semblance::test
