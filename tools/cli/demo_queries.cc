#include "tools/cli/demo_queries.h"

#include <cctype>
#include <chrono>
#include <cstdio>

#include "tools/cli/formatting.h"
#include "tools/cli/result_table.h"

namespace semblance::cli {
namespace {

constexpr const char* kAnswers = "5";

// Prepared, run and read to the end within the time shown.
void Show(Connection* connection, const std::string& sql, const std::string& label, size_t width) {
  const auto start = std::chrono::steady_clock::now();
  Statement statement(connection->handle(), sql);
  const TextTable answers = ReadTable(&statement);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  std::printf("\n  %s: %zu rows in %s\n", label.c_str(), answers.row_count(),
              FormatSeconds(time.count()).c_str());
  if (answers.row_count() > 0) std::printf("%s", answers.Format(width, "    ").c_str());
}

}  // namespace

std::string SemanticSql(const DemoTable& table, const DemoQuery& query) {
  std::string sql = "SELECT round(distance, 3) AS distance, " + table.shown + "\n  FROM " +
                    table.name + " WHERE " + table.text_column + " MATCH " + QuoteText(query.words);
  if (!query.filter.empty()) sql += " AND " + query.filter;
  return sql + "\n ORDER BY " + table.name + ".distance LIMIT " + kAnswers;
}

std::string FullTextSql(const DemoTable& table, const DemoQuery& query) {
  const std::string fts = table.name + "_words";
  std::string sql = "SELECT round(rank, 2) AS bm25, " + table.shown + "\n  FROM " + fts +
                    " WHERE " + fts + " MATCH " + QuoteText(AnyWord(query.words));
  if (!query.filter.empty()) sql += " AND " + query.filter;
  return sql + "\n ORDER BY rank LIMIT " + kAnswers;
}

std::string AnyWord(const std::string& words) {
  std::string any;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) any += (any.empty() ? "\"" : " OR \"") + word + "\"";
    word.clear();
  };
  for (char c : words) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || std::isalnum(byte)) {
      word += c;
    } else {
      end_word();
    }
  }
  end_word();
  return any;
}

void AskDemoTable(Connection* connection, const DemoTable& table, size_t width) {
  for (const DemoQuery& query : table.queries) {
    const std::string sql = SemanticSql(table, query);
    std::printf("\n%s;\n", sql.c_str());
    Show(connection, sql, "by meaning", width);
    const std::string any = AnyWord(query.words);
    if (!any.empty())
      Show(connection, FullTextSql(table, query), "by words (FTS5, any of them)", width);
    std::fflush(stdout);
  }
}

}  // namespace semblance::cli
