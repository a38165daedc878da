// semblance migrate: somebody else's table becomes one of ours.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tools/cli/commands.h"
#include "tools/cli/connection.h"
#include "tools/cli/formatting.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/migration_source.h"
#include "tools/cli/progress.h"
#include "tools/cli/row_writer.h"
#include "tools/cli/table_shape.h"

namespace semblance::cli {
namespace {

namespace fs = std::filesystem;

struct MigrateOptions {
  std::string source;
  std::string database;
  std::string table;
  std::string model;
  MigrationOptions what;
  bool dry_run = false;
  uint64_t transaction_rows = 10'000;
};

bool SameFile(const std::string& a, const std::string& b) {
  std::error_code ignored;
  return fs::equivalent(a, b, ignored);
}

class Migrate {
 public:
  explicit Migrate(const MigrateOptions& options) : options_(options) {
    if (!fs::exists(options.source))
      throw std::runtime_error("there is no file '" + options.source + "'");
    const bool database = IsDatabaseFile(options.source);
    const bool same = SameFile(options.source, options.database);
    // A dry run makes its table in memory, which shows whether it can be made.
    if (options.dry_run) {
      target_ = std::make_unique<Connection>(":memory:", Connection::Create::kYes);
    } else {
      target_ = std::make_unique<Connection>(options.database, Connection::Create::kYes);
    }
    if (!database) {
      const MigrationOptions& what = options.what;
      if (!what.from.empty() || !what.columns.empty() || !what.embed.empty() ||
          !what.metric.empty()) {
        throw UsageError("--from, --column, --embed and --metric are for databases, and '" +
                         options.source + "' is none");
      }
      source_ = OpenSentenceSource(options.source);
      table_ = options.table.empty() ? fs::path(options.source).stem().string() : options.table;
      return;
    }
    // One connection where it is one file: two would wait for each other.
    if (!same || options.dry_run) {
      other_ = std::make_unique<Connection>(options.source, Connection::Create::kNoAndReadOnly);
    }
    Connection* const from = other_ ? other_.get() : target_.get();
    MigrationOptions what = options.what;
    what.from = ChooseTable(from, what.from);
    table_ = options.table.empty() ? what.from : options.table;
    if (same && options.table.empty()) {
      throw UsageError("the new table needs another name than '" + what.from +
                       "'; add --table NAME");
    }
    source_ = OpenMigrationSource(from, what);
  }

  void Run() {
    RefuseExisting();
    const std::string sql = CreateSql();
    std::fprintf(stderr, "%s;\n", sql.c_str());
    for (const std::string& remark : source_->remarks())
      std::fprintf(stderr, "note: %s\n", remark.c_str());
    const InterruptOnSignal interrupt(target_.get());
    target_->Execute(sql);
    if (options_.dry_run) return Count();
    try {
      Write();
    } catch (const std::exception& error) {
      if (committed_ > 0) {
        throw std::runtime_error(std::string(error.what()) + "\n" + FormatCount(committed_) +
                                 " rows are in table '" + table_ + "', the rest is not");
      }
      source_.reset();  // it may be reading from the same connection
      target_->Execute("DROP TABLE " + QuoteName(table_));
      throw std::runtime_error(std::string(error.what()) + "\nnothing was kept of it");
    }
  }

 private:
  void RefuseExisting() {
    const Value found =
        target_->Single("SELECT name FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE", {table_});
    if (found == Value()) return;
    throw UsageError("there is a table '" + std::get<std::string>(found) + "' in " +
                     options_.database + " already; add --table NAME for another name");
  }

  std::string CreateSql() const {
    std::string sql = "CREATE VIRTUAL TABLE " + Spell(table_) + " USING semblance(";
    bool first = true;
    for (const MigratedColumn& column : source_->columns()) {
      sql += std::string(first ? "" : ", ") + (column.auxiliary ? "+" : "") + Spell(column.name);
      if (!column.definition.empty()) sql += " " + column.definition;
      first = false;
    }
    if (!options_.model.empty()) sql += ", model=" + QuoteText(options_.model);
    return sql + ")";
  }

  std::string InsertSql() const {
    std::string names = "rowid";
    std::string parameters = "?1";
    int number = 1;
    for (const MigratedColumn& column : source_->columns()) {
      if (column.is_rowid) continue;
      names += ", " + QuoteName(column.name);
      parameters += ", ?" + std::to_string(++number);
    }
    return "INSERT INTO " + QuoteName(table_) + "(" + names + ") VALUES (" + parameters + ")";
  }

  void Count() {
    uint64_t rows = 0;
    for (MigratedRow row; source_->Next(&row);) ++rows;
    std::fprintf(stderr, "dry run: %s rows can be read; nothing was written\n",
                 FormatCount(rows).c_str());
  }

  void Write() {
    Progress progress(table_);
    const std::optional<uint64_t> count = source_->row_count();
    RowWriter writer(target_.get(), InsertSql(), options_.transaction_rows);
    MigratedRow row;
    try {
      std::vector<Value> values;
      while (source_->Next(&row)) {
        values.assign(1, row.rowid ? Value(*row.rowid) : Value());
        values.insert(values.end(), row.values.begin(), row.values.end());
        writer.Add(values);
        const double all = count ? static_cast<double>(*count) : 0;
        progress.Update(all > 0 ? static_cast<double>(writer.rows()) / all : -1, writer.rows());
      }
      writer.Finish();
    } catch (const SqlError& error) {
      committed_ = writer.committed();
      if (error.interrupted()) throw std::runtime_error("interrupted");
      const std::string at = row.rowid ? "rowid " + std::to_string(*row.rowid)
                                       : "row " + std::to_string(writer.rows() + 1);
      throw std::runtime_error(at + ": " + error.what());
    } catch (const std::exception&) {
      committed_ = writer.committed();
      throw;
    }
    progress.Finish(writer.rows());
  }

  const MigrateOptions& options_;
  std::unique_ptr<Connection> target_;
  std::unique_ptr<Connection> other_;  // of the source, where that is another file
  std::unique_ptr<MigrationSource> source_;
  std::string table_;
  uint64_t committed_ = 0;  // rows, where writing failed
};

}  // namespace

void AddMigrateCommand(CLI::App* program) {
  auto options = std::make_shared<MigrateOptions>();
  CLI::App* command = program->add_subcommand("migrate",
                                              "Make a table of one of sqlite-vec, sqlite-vss, of "
                                              "vectors in a plain table, or of sentences");
  command
      ->add_option(
          "SOURCE", options->source,
          "A database, or a SimCSE file: sentences one a line, or CSV of sent0, sent1, hard_neg")
      ->required();
  command->add_option("--db", options->database, "Where to; may be SOURCE; made when missing")
      ->required();
  command->add_option("--from", options->what.from,
                      "Table or view; default: the only vec0 or vss0 table");
  command->add_option("--table", options->table, "The new table; default: named as --from");
  command
      ->add_option("--column", options->what.columns,
                   "Column of vectors; may be given several times. Default: all that hold vectors")
      ->allow_extra_args(false);
  command
      ->add_option("--embed", options->what.embed,
                   "Column of text, in a plain table, to embed; may be given several times")
      ->allow_extra_args(false);
  command
      ->add_option("--metric", options->what.metric,
                   "cosine, l2, ip; default: as in the source, in a plain table cosine")
      ->check(CLI::IsMember({"cosine", "l2", "ip"}));
  command->add_option("--model", options->model, "Model of --embed and of sentences");
  command->add_flag("--dry-run", options->dry_run,
                    "Print the CREATE statement and read everything, but write nothing");
  command
      ->add_option("--transaction-rows", options->transaction_rows,
                   "Commit after this many rows; 0: all or nothing")
      ->capture_default_str();
  command->callback([options] { Migrate(*options).Run(); });
}

}  // namespace semblance::cli
