#include "tools/cli/demo_build.h"

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "tools/cli/formatting.h"
#include "tools/cli/progress.h"
#include "tools/cli/row_writer.h"

namespace semblance::cli {
namespace {

constexpr uint64_t kRowsPerTransaction = 5000;

std::string InsertInto(const DemoTable& table) {
  std::string names, parameters;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    names += (i ? ", " : "") + table.columns[i];
    parameters += (i ? ", ?" : "?") + std::to_string(i + 1);
  }
  return "INSERT INTO " + table.name + "(" + names + ") VALUES (" + parameters + ")";
}

void Import(Connection* connection, const DemoTable& table) {
  Progress progress(table.name);
  RowWriter writer(connection, InsertInto(table), kRowsPerTransaction);
  table.for_each_row([&](const std::vector<Value>& values) {
    writer.Add(values);
    progress.Update(static_cast<double>(writer.rows()) / static_cast<double>(table.rows),
                    writer.rows());
  });
  writer.Finish();
  progress.Finish(writer.rows());
}

// `work`, timed into a row of `phases`.
template <typename Work>
void Phase(const std::string& name, uint64_t rows, TextTable* phases, Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  phases->AddRow({name, FormatCount(rows), FormatSeconds(time.count())});
}

}  // namespace

void BuildDemoTable(Connection* connection, const DemoTable& table, TextTable* phases) {
  std::printf("\n%s %s\n%s;\n", FormatCount(table.rows).c_str(), table.what.c_str(),
              table.create_sql.c_str());
  std::fflush(stdout);
  connection->Execute(table.create_sql);
  Phase(table.name + ": insert and embed", table.rows, phases, [&] { Import(connection, table); });
  std::fprintf(stderr, "%s  putting all rows into one segment of the index\n", table.name.c_str());
  Phase(table.name + ": index (optimize)", table.rows, phases, [&] {
    connection->Execute("INSERT INTO " + table.name + "(" + table.name + ") VALUES ('optimize')");
  });
  Phase(table.name + ": FTS5 beside it", table.rows, phases, [&] {
    Transaction transaction(connection);
    const std::string fts = table.name + "_words";
    std::string columns = table.text_column;
    std::string stored;
    for (const std::string& column : table.columns) {
      if (column == table.text_column) continue;
      columns += ", " + column;
      stored += ", " + column + " UNINDEXED";
    }
    connection->Execute("CREATE VIRTUAL TABLE " + fts + " USING fts5(" + table.text_column +
                        stored + ")");
    connection->Execute("INSERT INTO " + fts + "(rowid, " + columns + ") SELECT rowid, " + columns +
                        " FROM " + table.name);
    transaction.Commit();
  });
}

}  // namespace semblance::cli
