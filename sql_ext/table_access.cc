#include "sql_ext/table_access.h"

#include <algorithm>
#include <vector>

#include "engine/nearest_name.h"
#include "sql_ext/guard.h"

namespace semblance::sql {
namespace {

struct Place {
  std::string schema, table;
};

// In the order in which SQLite looks.
std::vector<std::string> Schemas(sqlite3* db) {
  std::vector<std::string> schemas = {"temp"};
  Statement list(db, "PRAGMA database_list");
  while (list.Step()) {
    if (list.Text(1) != "temp") schemas.push_back(list.Text(1));
  }
  return schemas;
}

bool HasTable(sqlite3* db, const Place& place) {
  Statement find(db, "SELECT 1 FROM " + Quoted(place.schema) +
                         ".sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE");
  find.Bind(1, std::string_view(place.table));
  return find.Step();
}

std::vector<std::string> SemblanceTables(sqlite3* db) {
  std::vector<std::string> names;
  for (const std::string& schema : Schemas(db)) {
    Statement find(db, "SELECT name FROM " + Quoted(schema) +
                           ".sqlite_schema WHERE type = 'table' AND sql LIKE "
                           "'CREATE VIRTUAL TABLE%USING semblance%'");
    while (find.Step()) names.push_back(find.Text(0));
  }
  return names;
}

std::optional<Place> FindPlace(sqlite3* db, const std::string& name) {
  const std::vector<std::string> schemas = Schemas(db);
  for (const std::string& schema : schemas) {
    if (HasTable(db, {schema, name})) return Place{schema, name};
  }
  const size_t dot = name.find('.');
  if (dot == std::string::npos) return std::nullopt;
  const Place place{name.substr(0, dot), name.substr(dot + 1)};
  const bool known = std::any_of(schemas.begin(), schemas.end(), [&](const std::string& schema) {
    return sqlite3_stricmp(schema.c_str(), place.schema.c_str()) == 0;
  });
  if (!known || !HasTable(db, place)) return std::nullopt;
  return place;
}

Table* FindObject(Connection* connection, const Place& place) {
  const auto& tables = connection->tables();
  for (auto table = tables.rbegin(); table != tables.rend(); ++table) {
    const ShadowTables& shadow = (*table)->shadow;
    if (sqlite3_stricmp(shadow.schema().c_str(), place.schema.c_str()) == 0 &&
        sqlite3_stricmp(shadow.table().c_str(), place.table.c_str()) == 0) {
      return *table;
    }
  }
  return nullptr;
}

[[noreturn]] void Refuse(sqlite3* db, const std::string& function, const std::string& why,
                         const std::string& name) {
  ThrowInvalid(ErrorKind::kNotFound, function + ": expected the name of a semblance table; " + why +
                                         engine::DidYouMean(name, SemblanceTables(db)));
}

}  // namespace

std::vector<engine::RowPlace> OpenedTable::Rows() const {
  std::vector<engine::RowPlace> rows = view.Rows();
  if (!table->columns.content) return rows;
  std::vector<int64_t> there;
  table->shadow.ForEachRow([&](int64_t row_id) { there.push_back(row_id); });
  const engine::RowFilter filter(std::move(there));
  std::erase_if(rows, [&](const engine::RowPlace& row) { return !filter.Contains(row.row_id); });
  return rows;
}

OpenedTable OpenTable(Connection* connection, const std::string& name,
                      const std::optional<std::string>& column, const std::string& function) {
  sqlite3* const db = connection->db();
  const auto place = FindPlace(db, name);
  if (!place) Refuse(db, function, "there is no table " + name, name);
  // Preparing it makes SQLite connect the table.
  Statement keeps(db, "SELECT 1 FROM " + Quoted(place->schema) + "." + Quoted(place->table));
  Table* const table = FindObject(connection, *place);
  if (table == nullptr) Refuse(db, function, name + " is another kind of table", name);
  const size_t vector = column ? table->VectorNamed(*column, function + ": ") : 0;
  TableState state = table->shadow.ReadState(vector);
  engine::View view = table->ViewFor(state);
  return {std::move(keeps), table, std::move(state), std::move(view)};
}

}  // namespace semblance::sql
