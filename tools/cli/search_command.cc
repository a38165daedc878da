// semblance search: the nearest rows of a table.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "tools/cli/commands.h"
#include "tools/cli/connection.h"
#include "tools/cli/result_table.h"
#include "tools/cli/table_shape.h"
#include "tools/cli/terminal.h"

namespace semblance::cli {
namespace {

struct SearchOptions {
  std::string database;
  std::string table;
  std::string words;
  std::string where;
  uint32_t k = 10;
  bool show_sql = false;
};

// LIMIT rather than k: it counts the rows that are left when every condition of `where` has had its
// say.
std::string SearchSql(const TableShape& shape, const SearchOptions& options,
                      const std::string& words) {
  std::string columns = "rowid, round(distance, 4) AS distance";
  for (const Column& column : shape.columns) {
    const bool vector = !shape.text && column.name == shape.searched;
    if (!vector) columns += ", " + QuoteName(column.name);
  }
  std::string sql = "SELECT " + columns + " FROM " + QuoteName(shape.table) + " WHERE " +
                    QuoteName(shape.searched) + " MATCH " + words;
  if (!options.where.empty()) sql += " AND (" + options.where + ")";
  return sql + " ORDER BY " + QuoteName(shape.table) + ".distance LIMIT " +
         std::to_string(options.k);
}

void Search(const SearchOptions& options) {
  Connection connection(options.database, Connection::Create::kNo);
  const auto shape = ReadTableShape(&connection, options.table);
  if (!shape) {
    std::string message = "there is no table '" + options.table + "' in " + options.database;
    const auto tables = SemblanceTables(&connection);
    for (size_t i = 0; i < tables.size(); ++i) message += (i ? ", " : "; it has: ") + tables[i];
    throw std::runtime_error(message);
  }
  if (options.show_sql) {
    std::fprintf(stderr, "%s;\n", SearchSql(*shape, options, QuoteText(options.words)).c_str());
  }
  Statement statement(connection.handle(), SearchSql(*shape, options, "?1"));
  statement.Bind(1, options.words);
  std::fputs(ReadTable(&statement).Format(TerminalWidth(stdout)).c_str(), stdout);
}

}  // namespace

void AddSearchCommand(CLI::App* program) {
  auto options = std::make_shared<SearchOptions>();
  CLI::App* command = program->add_subcommand("search", "Show the rows nearest to some words");
  command->add_option("DB", options->database, "The database")->required();
  command->add_option("TABLE", options->table, "A table made with USING semblance(...)")
      ->required();
  command
      ->add_option("WORDS", options->words, "What to look for; a JSON array for a table of vectors")
      ->required();
  command->add_option("-k", options->k, "How many rows")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--where", options->where, "A condition in SQL, such as \"year >= 2020\"");
  command->add_flag("--sql", options->show_sql, "Show the statement that was run");
  command->callback([options] { Search(*options); });
}

}  // namespace semblance::cli
