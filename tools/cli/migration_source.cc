#include "tools/cli/migration_source.h"

#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <regex>

#include "tools/cli/commands.h"

namespace semblance::cli {
namespace {

struct VirtualTable {
  std::string name;
  std::string module;  // in small letters
  std::string sql;
};

std::vector<VirtualTable> VirtualTables(Connection* connection) {
  static const std::regex form(
      R"re(^\s*CREATE\s+VIRTUAL\s+TABLE\s[\s\S]*?\sUSING\s+["'`\[]?(\w+)["'`\]]?)re",
      std::regex::icase);
  std::vector<VirtualTable> tables;
  Statement schema(connection->handle(),
                   "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND rootpage = 0");
  while (schema.Step()) {
    VirtualTable table{schema.Text(0), "", schema.Text(1)};
    std::smatch match;
    if (!std::regex_search(table.sql, match, form)) continue;
    table.module = match[1];
    for (char& c : table.module) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    tables.push_back(std::move(table));
  }
  return tables;
}

bool SameName(const std::string& a, const std::string& b) {
  return sqlite3_stricmp(a.c_str(), b.c_str()) == 0;
}

}  // namespace

bool IsWanted(const std::string& column, const std::vector<std::string>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const std::string& name) { return SameName(name, column); });
}

std::string ListOf(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

void RefuseUnknown(const std::vector<std::string>& wanted, const std::vector<std::string>& names,
                   const std::string& table) {
  for (const std::string& name : wanted) {
    if (IsWanted(name, names)) continue;
    throw UsageError("'" + table + "' has no such column '" + name + "'; it has: " + ListOf(names));
  }
}

bool IsDatabaseFile(const std::string& file) {
  std::string begin(16, '\0');
  std::ifstream(file, std::ios::binary).read(begin.data(), 16);
  return begin == std::string("SQLite format 3\0", 16);
}

std::string ChooseTable(Connection* connection, const std::string& wanted) {
  if (!wanted.empty()) {
    Statement schema(connection->handle(),
                     "SELECT name FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type IN "
                     "('table', 'view')");
    schema.Bind(1, wanted);
    if (!schema.Step()) throw UsageError("--from " + wanted + ": there is no such table");
    return schema.Text(0);
  }
  std::vector<std::string> names;
  for (const VirtualTable& table : VirtualTables(connection)) {
    if (table.module == "vec0" || table.module == "vss0") names.push_back(table.name);
  }
  if (names.size() == 1) return names[0];
  throw UsageError(names.empty() ? "which table? There is none of vec0 or vss0; add --from TABLE"
                                 : "which table? Add --from TABLE, one of: " + ListOf(names));
}

std::string VectorDefinition(uint64_t dimension, const std::string& metric,
                             const std::string& wanted) {
  return "FLOAT[" + std::to_string(dimension) +
         "] distance_metric=" + (wanted.empty() ? metric : wanted);
}

std::unique_ptr<MigrationSource> OpenMigrationSource(Connection* connection,
                                                     const MigrationOptions& options) {
  for (const VirtualTable& table : VirtualTables(connection)) {
    if (!SameName(table.name, options.from)) continue;
    if (table.module != "vec0" && table.module != "vss0") break;
    if (!options.embed.empty()) {
      throw UsageError("--embed is for plain tables; '" + table.name + "' is of " + table.module);
    }
    if (table.module == "vec0") {
      return OpenVec0Source(connection, table.name, table.sql, options);
    }
    if (table.module == "vss0") {
      return OpenVss0Source(connection, table.name, table.sql, options);
    }
  }
  return OpenPlainSource(connection, options.from, options);
}

}  // namespace semblance::cli
