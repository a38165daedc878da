// semblance info: versions, and what a database holds.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "tools/cli/commands.h"
#include "tools/cli/connection.h"
#include "tools/cli/formatting.h"
#include "tools/cli/table_shape.h"
#include "tools/cli/terminal.h"
#include "tools/cli/text_table.h"

namespace semblance::cli {
namespace {

void PrintInfo(Connection* connection) {
  const Value info = connection->Single("SELECT semblance_info()");
  const auto* text = std::get_if<std::string>(&info);
  if (!text) throw std::runtime_error("semblance_info() gave no text");
  const auto json = nlohmann::ordered_json::parse(*text, nullptr, false);
  std::printf("%s\n", json.is_discarded() ? text->c_str() : json.dump(2).c_str());
}

// A table that cannot be read (its store is lost, say) gets a line with the reason; the others are
// still shown.
void PrintTables(Connection* connection) {
  TextTable table({"table", "searched column", "rows"});
  table.AlignRight(2);
  for (const std::string& name : SemblanceTables(connection)) {
    try {
      const auto shape = ReadTableShape(connection, name);
      const Value rows = connection->Single("SELECT count(*) FROM " + QuoteName(name));
      const auto* count = std::get_if<int64_t>(&rows);
      table.AddRow({name, shape ? shape->searched : "",
                    count ? FormatCount(static_cast<uint64_t>(*count)) : ""});
    } catch (const SqlError& error) {
      table.AddRow({name, error.what(), ""});
    }
  }
  if (table.row_count() > 0) std::printf("%s", table.Format(TerminalWidth(stdout)).c_str());
}

void Info(const std::string& database) {
  Connection connection(database.empty() ? ":memory:" : database, Connection::Create::kNo);
  PrintInfo(&connection);
  if (!database.empty()) PrintTables(&connection);
}

}  // namespace

void AddInfoCommand(CLI::App* program) {
  auto database = std::make_shared<std::string>();
  CLI::App* command =
      program->add_subcommand("info", "Show versions, and the tables of a database");
  command->add_option("DB", *database, "The database");
  command->callback([database] { Info(*database); });
}

}  // namespace semblance::cli
