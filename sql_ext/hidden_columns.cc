#include "sql_ext/hidden_columns.h"

#include <algorithm>

#include "sql_ext/sqlite_api.h"
#include "sql_ext/statement.h"

namespace semblance::sql {
namespace {

struct Declared {
  HiddenColumn column;
  const char* name;
  const char* type;
  bool always;  // no declared column may have its name
};
// All but kTable.
constexpr Declared kDeclared[] = {{HiddenColumn::kK, "k", "INTEGER", true},
                                  {HiddenColumn::kEf, "ef", "INTEGER", true},
                                  {HiddenColumn::kDistance, "distance", "REAL", true},
                                  {HiddenColumn::kRank, "rank", "INTEGER", false},
                                  {HiddenColumn::kScore, "score", "REAL", false},
                                  {HiddenColumn::kDiversity, "diversity", "REAL", false},
                                  {HiddenColumn::kWordRank, "word_rank", "INTEGER", false},
                                  {HiddenColumn::kMeaningRank, "meaning_rank", "INTEGER", false},
                                  {HiddenColumn::kOversample, "oversample", "INTEGER", false},
                                  {HiddenColumn::kNprobe, "nprobe", "INTEGER", false}};

bool Same(const std::string& a, const char* b) { return sqlite3_stricmp(a.c_str(), b) == 0; }

}  // namespace

std::vector<HiddenColumn> HiddenColumnsOf(const std::string& table, const TableSchema& schema) {
  std::vector<HiddenColumn> columns = {HiddenColumn::kTable};
  for (const Declared& declared : kDeclared) {
    const bool taken =
        Same(table, declared.name) ||
        std::any_of(schema.columns.begin(), schema.columns.end(),
                    [&](const TableColumn& column) { return Same(column.name, declared.name); });
    if (declared.always || !taken) columns.push_back(declared.column);
  }
  return columns;
}

std::string HiddenDeclaration(HiddenColumn column, const std::string& table) {
  for (const Declared& declared : kDeclared) {
    if (declared.column == column)
      return std::string(declared.name) + " " + declared.type + " HIDDEN";
  }
  return Quoted(table) + " HIDDEN";
}

}  // namespace semblance::sql
