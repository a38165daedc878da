// semblance demo: real text that this machine has, embedded, indexed, reopened and searched; the
// database stays.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tools/cli/commands.h"
#include "tools/cli/connection.h"
#include "tools/cli/demo_build.h"
#include "tools/cli/demo_queries.h"
#include "tools/cli/demo_tables.h"
#include "tools/cli/extension_path.h"
#include "tools/cli/formatting.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/shell_words.h"
#include "tools/cli/terminal.h"
#include "tools/cli/text_table.h"

namespace semblance::cli {
namespace {

struct DemoOptions {
  std::string database = "semblance-demo.db";
  std::string text;
  uint64_t limit = 0;
};

// Written last: a database that has it holds a complete demo.
constexpr const char* kComplete = "demo_complete";

std::vector<DemoTable> ChooseTables(const DemoOptions& options) {
  if (!options.text.empty()) return {TextTableOf(options.text, options.limit)};
  std::vector<DemoTable> tables = SystemTables(options.limit);
  if (tables.empty()) {
    throw std::runtime_error(
        "this system has neither a package catalogue (apt-cache dumpavail) nor WordNet (package "
        "wordnet-base).\n"
        "Give a file of text, a sentence a line: semblance demo --text FILE");
  }
  return tables;
}

bool HasTable(Connection* connection, const std::string& name) {
  const Value found = connection->Single("SELECT 1 FROM sqlite_schema WHERE name = ?1", {name});
  return !std::holds_alternative<std::monostate>(found);
}

// True when an earlier demo is in the file; throws when something else is.
bool IsComplete(const std::string& database) {
  if (!std::filesystem::exists(database)) return false;
  Connection connection(database, Connection::Create::kNo);
  if (HasTable(&connection, kComplete)) return true;
  throw std::runtime_error(
      "'" + database +
      "' exists and is no finished demo. Name another file with --db, or remove it:\n  rm -r " +
      ShellWord(database) + " " + ShellWord(database + "-semblance"));
}

void Build(const DemoOptions& options, const std::vector<DemoTable>& tables) {
  Connection connection(options.database, Connection::Create::kYes);
  const InterruptOnSignal interrupt(&connection);
  TextTable phases({"phase", "rows", "time"});
  phases.AlignRight(1);
  phases.AlignRight(2);
  for (const DemoTable& table : tables) BuildDemoTable(&connection, table, &phases);
  connection.Execute("CREATE TABLE " + std::string(kComplete) +
                     "(finished TEXT);"
                     "INSERT INTO " +
                     kComplete + " VALUES (datetime('now'))");
  std::printf("\n%s", phases.Format(0).c_str());
}

void Ask(const DemoOptions& options, const std::vector<DemoTable>& tables) {
  const auto start = std::chrono::steady_clock::now();
  Connection connection(options.database, Connection::Create::kNo);
  uint64_t found = 0;
  for (const DemoTable& table : tables) {
    if (!HasTable(&connection, table.name)) continue;
    ++found;
    // The first search of a table after opening loads its index.
    connection.Single("SELECT rowid FROM " + table.name + " WHERE " + table.text_column +
                      " MATCH 'warm' LIMIT 1");
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  std::printf(
      "\nclosed and opened again: first answers from %s tables after %s, nothing embedded or "
      "built\n",
      FormatCount(found).c_str(), FormatSeconds(time.count()).c_str());
  for (const DemoTable& table : tables) {
    if (HasTable(&connection, table.name)) AskDemoTable(&connection, table, TerminalWidth(stdout));
  }
}

// As the sqlite3 shell shows a statement of several lines.
std::string Typed(const std::string& sql) {
  std::string typed = "sqlite> ";
  for (char c : sql) typed += c == '\n' ? std::string("\n     ...>") : std::string(1, c);
  return typed + ";";
}

void GoOn(const DemoOptions& options, const DemoTable& table) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string database = ShellWord(options.database);
  std::printf(
      "\nThe database is yours: %s, with its vectors in %s-semblance/. Ask it more:\n"
      "  %s search %s %s \"%s\"\n"
      "  %s shell %s\n"
      "or, from any sqlite3:\n"
      "  sqlite3 %s\n"
      "  sqlite> %s\n"
      "  %s\n",
      database.c_str(), database.c_str(), ShellWord(program).c_str(), database.c_str(),
      table.name.c_str(), "your own words", ShellWord(program).c_str(), database.c_str(),
      database.c_str(), LoadCommand(FindExtension()).c_str(),
      Typed(SemanticSql(table, {"your own words", ""})).c_str());
}

void Demo(const DemoOptions& options) {
  const bool complete = IsComplete(options.database);
  const std::vector<DemoTable> tables = ChooseTables(options);
  if (complete) {
    std::printf("%s holds a finished demo: nothing is imported again\n", options.database.c_str());
  } else {
    Build(options, tables);
  }
  Ask(options, tables);
  GoOn(options, tables.front());
}

}  // namespace

void AddDemoCommand(CLI::App* program) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App* command = program->add_subcommand(
      "demo", "Import this machine's package catalogue and WordNet, and search them by meaning");
  command->add_option("--db", options->database, "The database to make; it stays")
      ->capture_default_str();
  command->add_option("--text", options->text, "Lines of this file instead");
  command->add_option("--limit", options->limit, "At most this many rows a table; 0: all")
      ->capture_default_str();
  command->callback([options] { Demo(*options); });
}

}  // namespace semblance::cli
