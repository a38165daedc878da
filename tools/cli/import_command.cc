// semblance import: a file's records become rows.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/cli/column_types.h"
#include "tools/cli/commands.h"
#include "tools/cli/connection.h"
#include "tools/cli/formatting.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/progress.h"
#include "tools/cli/record_reader.h"
#include "tools/cli/row_writer.h"
#include "tools/cli/table_shape.h"

namespace semblance::cli {
namespace {

// Records that are read before the table is made, to see which columns are numbers.
constexpr size_t kSample = 1000;

struct ImportOptions {
  std::string file;
  std::string database;
  std::string table;
  std::string column;
  std::string format = "auto";
  std::string model;
  std::vector<std::string> skip;
  bool header = true;
  bool all_text = false;
  uint64_t transaction_rows = 10'000;
};

Format ParseFormat(const ImportOptions& options) {
  static const std::map<std::string, Format> formats = {{"text", Format::kText},
                                                        {"csv", Format::kCsv},
                                                        {"tsv", Format::kTsv},
                                                        {"jsonl", Format::kJsonl}};
  const auto found = formats.find(options.format);
  return found == formats.end() ? FormatOf(options.file) : found->second;
}

// "notes" for "dir/notes.csv"; letters, digits and '_' stay.
std::string TableNameFor(const std::string& file) {
  if (file == "-") return "texts";
  std::string name = std::filesystem::path(file).stem().string();
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) name.insert(0, "t_");
  return name;
}

std::string Join(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + name;
  return joined;
}

class Import {
 public:
  explicit Import(const ImportOptions& options)
      : options_(options),
        reader_(RecordReader::Open(options.file, ParseFormat(options), options.header)),
        connection_(options.database, Connection::Create::kYes) {}

  void Run() {
    ReadSample();
    ChooseColumns();
    const std::string table = options_.table.empty() ? TableNameFor(options_.file) : options_.table;
    const auto existing = ReadTableShape(&connection_, table);
    shape_ = existing ? FitInto(*existing) : NewShape(table);
    const InterruptOnSignal interrupt(&connection_);
    if (!existing) {
      const std::string sql = CreateTableSql(shape_, options_.model);
      connection_.Execute(sql);
      std::fprintf(stderr, "%s;\n", sql.c_str());
    }
    Write();
  }

 private:
  void ReadSample() {
    std::vector<Value> record;
    while (sample_.size() < kSample && reader_->Next(&record)) {
      sample_.push_back(record);
      sample_lines_.push_back(reader_->line());
    }
  }

  // Which of the file's columns are imported.
  void ChooseColumns() {
    const std::vector<std::string>& names = reader_->columns();
    for (const std::string& skipped : options_.skip) {
      if (std::find(names.begin(), names.end(), skipped) == names.end()) {
        throw UsageError("--skip " + skipped + ": the file has no such column; it has " +
                         Join(names));
      }
    }
    for (size_t i = 0; i < names.size(); ++i) {
      const auto& skip = options_.skip;
      if (std::find(skip.begin(), skip.end(), names[i]) == skip.end()) chosen_.push_back(i);
    }
  }

  // The file's column that is embedded in a new table.
  std::string EmbeddedColumn() const {
    std::vector<std::string> names;
    for (size_t i : chosen_) names.push_back(reader_->columns()[i]);
    const auto has = [&](const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (!options_.column.empty()) {
      if (!has(options_.column)) {
        throw UsageError("--column " + options_.column + ": the file has no such column; it has " +
                         Join(names));
      }
      return options_.column;
    }
    if (names.size() == 1) return names[0];
    for (const char* usual : {"text", "body", "sentence", "content", "description"}) {
      if (has(usual)) return usual;
    }
    throw UsageError("which column is to be embedded? Add --column NAME, one of: " + Join(names));
  }

  TableShape NewShape(const std::string& table) const {
    TableShape shape;
    shape.table = table;
    const bool text_file = reader_->columns().size() == 1 && ParseFormat(options_) == Format::kText;
    if (text_file) {
      // A column cannot have its table's name.
      const char* usual = table == "text" ? "body" : "text";
      shape.searched = options_.column.empty() ? usual : options_.column;
      shape.columns = {{shape.searched, "TEXT"}};
      return shape;
    }
    if (chosen_.empty()) throw UsageError("the file has no column to import");
    shape.searched = EmbeddedColumn();
    const auto types = InferTypes(sample_, reader_->columns().size(), reader_->typed());
    for (size_t i : chosen_) {
      const std::string& name = reader_->columns()[i];
      const bool text = options_.all_text || name == shape.searched;
      shape.columns.push_back({name, text ? "TEXT" : types[i]});
    }
    return shape;
  }

  // The existing table's columns that the file fills, in the file's order.
  TableShape FitInto(const TableShape& existing) const {
    if (!options_.model.empty()) {
      throw UsageError("--model is for a new table; to change the model of '" + existing.table +
                       "': INSERT INTO " + QuoteName(existing.table) + "(" +
                       QuoteName(existing.table) + ") VALUES ('model=" + options_.model + "')");
    }
    TableShape shape = existing;
    shape.columns.clear();
    const bool text_file = ParseFormat(options_) == Format::kText;
    for (size_t i : chosen_) {
      const std::string& name = reader_->columns()[i];
      const std::string wanted = !text_file                ? name
                                 : options_.column.empty() ? existing.searched
                                                           : options_.column;
      const Column* column = existing.Find(wanted);
      if (!column) {
        throw UsageError("table '" + existing.table + "' has no column '" + wanted + "' (it has " +
                         Join(existing.ColumnNames()) + "); leave it out with --skip " + wanted);
      }
      shape.columns.push_back(*column);
    }
    return shape;
  }

  void Write() {
    const std::string source = options_.file == "-" ? "standard input" : options_.file;
    Progress progress(source);
    RowWriter writer(&connection_, InsertSql(shape_), options_.transaction_rows);
    try {
      for (size_t i = 0; i < sample_.size(); ++i)
        WriteRecord(&writer, sample_[i], sample_lines_[i], &progress);
      std::vector<Value> record;
      while (reader_->Next(&record)) WriteRecord(&writer, record, reader_->line(), &progress);
      writer.Finish();
    } catch (const std::exception& error) {
      const auto* sql = dynamic_cast<const SqlError*>(&error);
      throw std::runtime_error(
          std::string(sql && sql->interrupted() ? "interrupted" : error.what()) + "\n" +
          FormatCount(writer.committed()) + " rows are in table '" + shape_.table +
          "', the rest is not");
    }
    progress.Finish(writer.rows());
  }

  void WriteRecord(RowWriter* writer, const std::vector<Value>& record, uint64_t line,
                   Progress* progress) {
    std::vector<Value> values;
    for (size_t i = 0; i < chosen_.size(); ++i) {
      const Column& column = shape_.columns[i];
      auto value = ConvertTo(column.type, record[chosen_[i]]);
      if (!value) {
        const auto* text = std::get_if<std::string>(&record[chosen_[i]]);
        throw InputError(
            reader_->path(), line,
            "column '" + column.name + "' is " + column.type + "; " +
                (text ? "'" + Ellipsize(OneLine(*text), 60) + "'" : std::string("a fraction")) +
                " does not fit (with --all-text a new table's columns are TEXT)");
      }
      values.push_back(std::move(*value));
    }
    writer->Add(values);
    progress->Update(reader_->fraction(), writer->rows());
  }

  const ImportOptions& options_;
  const std::unique_ptr<RecordReader> reader_;
  Connection connection_;
  std::vector<std::vector<Value>> sample_;
  std::vector<uint64_t> sample_lines_;
  std::vector<size_t> chosen_;  // of the reader's columns
  TableShape shape_;            // columns[i] gets the reader's column chosen_[i]
};

}  // namespace

void AddImportCommand(CLI::App* program) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command =
      program->add_subcommand("import", "Put a file's records into a table and embed them");
  command->add_option("FILE", options->file, "Text, CSV, TSV or JSONL; - is standard input")
      ->required();
  command->add_option("--db", options->database, "The database; made when missing")->required();
  command->add_option("--table", options->table,
                      "Default: named after the file; made when missing");
  command->add_option(
      "--column", options->column,
      "Column to embed; the others become metadata. Default: the only one, or text, body, "
      "sentence, content, description");
  command
      ->add_option("--format", options->format,
                   "text, csv, tsv, jsonl; auto goes by the file's name")
      ->check(CLI::IsMember({"auto", "text", "csv", "tsv", "jsonl"}))
      ->capture_default_str();
  command->add_flag(
      "--header,!--no-header", options->header,
      "CSV and TSV: the first row names the columns (otherwise they are c1, c2, ...)");
  command->add_option("--model", options->model, "Model of a new table");
  command
      ->add_option("--skip", options->skip,
                   "Column of the file to leave out; may be given several times")
      ->allow_extra_args(false);
  command->add_flag("--all-text", options->all_text, "Make every column of a new table TEXT");
  command
      ->add_option("--transaction-rows", options->transaction_rows,
                   "Commit after this many rows; 0: all or nothing")
      ->capture_default_str();
  command->callback([options] { Import(*options).Run(); });
}

}  // namespace semblance::cli
