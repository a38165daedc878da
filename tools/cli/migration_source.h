// Rows of a table of somebody else's, as rows of a table made with USING semblance(...).
//
// Nothing of the other extension is loaded: vec0 and vss0 keep their rows in ordinary tables beside
// the virtual one, and those are read.
//
// Threads: one. Errors: UsageError where the command line can help, SqlError, std::runtime_error.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/connection.h"

namespace semblance::cli {

struct MigratedColumn {
  std::string name;
  // What follows the name in CREATE VIRTUAL TABLE: "FLOAT[3] distance_metric=l2".
  std::string definition;
  bool auxiliary = false;  // "+name"
  // The rowid by another name: not among the values of a row.
  bool is_rowid = false;
};

struct MigratedRow {
  std::optional<int64_t> rowid;  // none: the new table numbers its rows
  std::vector<Value> values;     // of the columns that are not the rowid
};

struct MigrationOptions {
  std::string from;                  // the table; empty: the only one that there is
  std::vector<std::string> columns;  // with vectors; empty: all that there are
  std::vector<std::string> embed;    // with text to embed
  std::string metric;                // empty: as it was, or the default one
};

class MigrationSource {
 public:
  virtual ~MigrationSource() = default;

  // The columns, in order; constant.
  virtual const std::vector<MigratedColumn>& columns() const = 0;
  // What the user is to know: one sentence each.
  virtual const std::vector<std::string>& remarks() const = 0;
  // How many rows there are; nullopt when that is not known before the end.
  virtual std::optional<uint64_t> row_count() = 0;
  virtual bool Next(MigratedRow* row) = 0;  // false at the end
};

// By what the table is: of vec0, of vss0, or an ordinary table or view.
std::unique_ptr<MigrationSource> OpenMigrationSource(Connection* connection,
                                                     const MigrationOptions& options);

// One kind each; `create_sql` is the table's definition.
std::unique_ptr<MigrationSource> OpenVec0Source(Connection* connection, const std::string& table,
                                                const std::string& create_sql,
                                                const MigrationOptions& options);
std::unique_ptr<MigrationSource> OpenVss0Source(Connection* connection, const std::string& table,
                                                const std::string& create_sql,
                                                const MigrationOptions& options);
std::unique_ptr<MigrationSource> OpenPlainSource(Connection* connection, const std::string& table,
                                                 const MigrationOptions& options);
// Not of a database: sentences, one a line, or the columns sent0, sent1 and maybe hard_neg of a CSV
// file.
std::unique_ptr<MigrationSource> OpenSentenceSource(const std::string& file);

// Whether the file begins as SQLite's do.
bool IsDatabaseFile(const std::string& file);
// The name, as it was written, of the table to migrate; throws UsageError when that is not clear.
std::string ChooseTable(Connection* connection, const std::string& wanted);
// "FLOAT[n] distance_metric=metric", where `wanted` is empty or the metric that is asked for
// instead.
std::string VectorDefinition(uint64_t dimension, const std::string& metric,
                             const std::string& wanted);
// Whether the column is one of those that were asked for.
bool IsWanted(const std::string& column, const std::vector<std::string>& wanted);
std::string ListOf(const std::vector<std::string>& names);  // "a, b, c"
// Throws UsageError where something is wanted that the table has not among `names`.
void RefuseUnknown(const std::vector<std::string>& wanted, const std::vector<std::string>& names,
                   const std::string& table);

}  // namespace semblance::cli
