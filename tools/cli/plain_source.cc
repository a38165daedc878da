// The rows of an ordinary table or view: columns of vectors (BLOBs of f32 or JSON arrays) and of
// text to embed are searched by, the others come along as metadata.
#include <algorithm>
#include <cctype>

#include "tools/cli/commands.h"
#include "tools/cli/migration_source.h"
#include "tools/cli/table_shape.h"

namespace semblance::cli {
namespace {

// How many rows are looked at to see which columns are vectors.
constexpr const char* kSample = "1000";

// By SQLite's rules of affinity, as a column here is declared.
std::string TypeFor(std::string declared) {
  for (char& c : declared) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const auto has = [&](const char* word) { return declared.find(word) != std::string::npos; };
  if (has("BOOL")) return "BOOLEAN";
  if (has("INT")) return "INTEGER";
  if (has("CHAR") || has("CLOB") || has("TEXT")) return "TEXT";
  if (has("BLOB")) return "BLOB";
  if (has("REAL") || has("FLOA") || has("DOUB")) return "REAL";
  return declared.empty() ? "" : "NUMERIC";
}

class PlainSource : public MigrationSource {
 public:
  PlainSource(Connection* connection, const std::string& table, const MigrationOptions& options)
      : connection_(connection), table_(table) {
    ReadColumns(options);
    RefuseUnknown(options.columns, names_, table);
    RefuseUnknown(options.embed, names_, table);
    if (!searched_) {
      throw UsageError(
          "no column of '" + table +
          "' holds vectors of one length; add --column NAME, or --embed NAME for text; it has: " +
          ListOf(names_));
    }
    Open();
  }

  const std::vector<MigratedColumn>& columns() const override { return columns_; }
  const std::vector<std::string>& remarks() const override { return remarks_; }
  std::optional<uint64_t> row_count() override {
    const Value count = connection_->Single("SELECT count(*) FROM " + QuoteName(table_));
    return static_cast<uint64_t>(std::get<int64_t>(count));
  }

  bool Next(MigratedRow* row) override {
    if (!rows_->Step()) return false;
    row->rowid.reset();
    if (has_rowid_ && !rows_->IsNull(0)) row->rowid = rows_->Integer(0);
    row->values.clear();
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!columns_[i].is_rowid)
        row->values.push_back(rows_->Get(static_cast<int>(i) + has_rowid_));
    }
    return true;
  }

 private:
  void ReadColumns(const MigrationOptions& options) {
    Statement columns(connection_->handle(), "SELECT name, type, pk FROM pragma_table_info(?1)");
    columns.Bind(1, table_);
    int keys = 0;
    while (columns.Step()) {
      const std::string name = columns.Text(0);
      const std::string type = TypeFor(columns.Text(1));
      const bool integer = IsWanted(columns.Text(1), {"INTEGER"});  // INT is no rowid to SQLite
      names_.push_back(name);
      MigratedColumn made{name, type};
      if (IsWanted(name, options.embed)) {
        made.definition = "TEXT EMBED";
        searched_ = true;
      } else if (const uint64_t dimension = DimensionOf(name, options)) {
        made.definition = VectorDefinition(dimension, "cosine", options.metric);
        searched_ = true;
      } else if (columns.Integer(2) > 0) {
        key_ = columns_.size();
        made.is_rowid = integer;
        ++keys;
      }
      columns_.push_back(std::move(made));
    }
    // A key of one column is one here too.
    if (keys == 1) {
      MigratedColumn& key = columns_[key_];
      if (key.is_rowid || key.definition == "TEXT") key.definition += " PRIMARY KEY";
      return;
    }
    for (MigratedColumn& column : columns_) column.is_rowid = false;
  }

  // 0: the column has no vectors, or is not wanted.
  uint64_t DimensionOf(const std::string& name, const MigrationOptions& options) {
    const std::string quoted = QuoteName(name);
    const std::string from = " FROM (SELECT " + quoted + " FROM " + QuoteName(table_) + " WHERE " +
                             quoted + " IS NOT NULL LIMIT " + kSample + ")";
    if (!options.columns.empty()) {
      if (!IsWanted(name, options.columns)) return 0;
      return Length("SELECT vec_length(" + quoted + ")" + from);
    }
    // At least two numbers, and the same number of them in each: text or pictures are not that.
    const Value likely =
        connection_->Single("SELECT min(typeof(" + quoted + ") = 'blob' AND length(" + quoted +
                            ") >= 8 AND length(" + quoted + ") % 4 = 0 OR typeof(" + quoted +
                            ") = 'text' AND " + quoted + " LIKE '[%]')" + from);
    if (likely != Value(int64_t{1})) return 0;
    try {
      const Value same =
          connection_->Single("SELECT count(DISTINCT vec_length(" + quoted + ")) = 1" + from);
      if (same != Value(int64_t{1})) return 0;
      return Length("SELECT vec_length(" + quoted + ")" + from);
    } catch (const SqlError&) {
      return 0;  // vec_length() said that one is no vector
    }
  }

  uint64_t Length(const std::string& sql) {
    const Value length = connection_->Single(sql);
    const auto* number = std::get_if<int64_t>(&length);
    return number ? static_cast<uint64_t>(*number) : 0;
  }

  void Open() {
    std::string names;
    for (const MigratedColumn& column : columns_) {
      names += (names.empty() ? "" : ", ") + QuoteName(column.name);
    }
    const std::string rest = names + " FROM " + QuoteName(table_);
    const bool own = !columns_.empty() && columns_[key_].is_rowid;
    const std::string rowid = own ? QuoteName(columns_[key_].name) : "rowid";
    try {
      rows_ = std::make_unique<Statement>(connection_->handle(), "SELECT " + rowid + ", " + rest);
      has_rowid_ = 1;
    } catch (const SqlError&) {  // a view, or WITHOUT ROWID
      rows_ = std::make_unique<Statement>(connection_->handle(), "SELECT " + rest);
      remarks_.push_back("'" + table_ + "' has no rowids: the new table numbers its rows");
    }
  }

  Connection* const connection_;
  const std::string table_;
  std::vector<std::string> names_;
  std::vector<MigratedColumn> columns_;
  std::vector<std::string> remarks_;
  bool searched_ = false;
  size_t key_ = 0;
  int has_rowid_ = 0;  // 1: the statement's first column
  std::unique_ptr<Statement> rows_;
};

}  // namespace

std::unique_ptr<MigrationSource> OpenPlainSource(Connection* connection, const std::string& table,
                                                 const MigrationOptions& options) {
  return std::make_unique<PlainSource>(connection, table, options);
}

}  // namespace semblance::cli
