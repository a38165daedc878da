// INSERT INTO t(t) VALUES('command').
//
//   rebuild          makes every vector again from its text; of FLOAT[n] tables, the
//                    segments from the stored vectors
//   model=NAME       the same with another model; COLUMN.model=NAME of one column of several
//   optimize         one segment without dead rows
//   integrity-check  an error that lists what does not agree, or nothing
//   index, unindex   with a rowid, of tables with content=: external_content.h
//
// rebuild and model= write a new collection beside the old one and change one row of the shadow
// table, for each column that they concern: a reader sees the old vectors or the new, never both,
// and a rollback leaves the old.
#include <random>

#include "engine/error.h"
#include "engine/nearest_name.h"
#include "sql_ext/external_content.h"
#include "sql_ext/guard.h"
#include "sql_ext/row_content.h"
#include "sql_ext/table.h"
#include "sql_ext/values.h"
#include "sql_ext/word_check.h"

namespace semblance::sql {
namespace {

using engine::Error;
using engine::ErrorKind;

constexpr size_t kEmbedTogether = 512;

// Of one column to search by.
class ColumnRebuild {
 public:
  ColumnRebuild(Table* table, size_t vector)
      : table_(*table), old_(table->shadow.ReadState(vector)) {}

  void FromTexts(const std::string& model_name);
  void FromVectors();
  void FromContent();

 private:
  void Begin(const std::shared_ptr<engine::Database>& database);
  void EmbedBatch(const encoder::Encoder& encoder);
  void Poll() {
    constexpr uint64_t kRowsPerPoll = 256;
    if (++polls_ % kRowsPerPoll == 0) table_.connection->ThrowIfInterrupted();
  }
  void Finish();

  Table& table_;
  const TableState old_;
  TableState new_;
  std::shared_ptr<engine::Database> database_;
  std::shared_ptr<engine::Collection> collection_;
  std::optional<engine::Collection::Loader> loader_;
  std::vector<int64_t> row_ids_;
  std::vector<std::string> texts_;
  uint64_t polls_ = 0;
};

void ColumnRebuild::Begin(const std::shared_ptr<engine::Database>& database) {
  database_ = database;
  std::random_device device;
  new_.vector = old_.vector;
  new_.table = old_.table;
  new_.store = database->store().store_id();
  new_.collection = (static_cast<uint64_t>(device()) << 32 | device()) | 1;
  new_.commit = 1;
  collection_ = database->OpenCollection(new_.collection, table_.OptionsFor(new_));
  loader_.emplace(collection_.get(), table_.connection->Cancel());
}

void ColumnRebuild::EmbedBatch(const encoder::Encoder& encoder) {
  const std::vector<std::string_view> views(texts_.begin(), texts_.end());
  const auto vectors = table_.Encode(new_, encoder, views);
  for (size_t i = 0; i < row_ids_.size(); ++i) {
    loader_->Add(row_ids_[i], {vectors.data() + i * new_.dimension, new_.dimension});
  }
  row_ids_.clear();
  texts_.clear();
}

void ColumnRebuild::FromTexts(const std::string& model_name) {
  const auto database =
      table_.connection->DatabaseOf(table_.shadow.schema(), engine::FileDatabase::Create::kYes);
  const engine::ModelInfo model = database->models().Pin(model_name);
  const auto encoder = database->models().EncoderById(model.id);
  new_.model = model.name;
  new_.model_id = model.id;
  new_.dimension = table_.DimensionBy(model, old_.vector);
  Begin(database);
  table_.shadow.ForEachText(old_.vector, [&](int64_t row_id, std::string text) {
    row_ids_.push_back(row_id);
    texts_.push_back(std::move(text));
    if (texts_.size() == kEmbedTogether) EmbedBatch(*encoder);
  });
  EmbedBatch(*encoder);
  Finish();
}

void ColumnRebuild::FromVectors() {
  const auto database = table_.DatabaseFor(old_);
  new_.dimension = old_.dimension;
  Begin(database);
  const auto old = database->OpenCollection(old_.collection, table_.OptionsFor(old_));
  const auto overlay = table_.Overlay(old_);
  for (int64_t row_id : old->ViewAt(table_.VisibleCommit(old_), overlay).RowIds()) {
    if (const auto pending = overlay ? overlay->Find(row_id) : std::nullopt) {
      loader_->Add(row_id, *pending);
    } else if (const auto vector = old->VectorAt(row_id, table_.VisibleCommit(old_))) {
      loader_->Add(row_id, *vector);
    }
    Poll();
  }
  Finish();
}

// Vectors of one's own that stand in an external content table.
void ColumnRebuild::FromContent() {
  new_.dimension = old_.dimension;
  Begin(table_.connection->DatabaseOf(table_.shadow.schema(), engine::FileDatabase::Create::kYes));
  ForEachContent(&table_, [&](int64_t row_id, const std::vector<RowContent>& contents) {
    const auto& vector = contents[old_.vector].vector;
    if (vector) loader_->Add(row_id, *vector);
    Poll();
  });
  Finish();
}

void ColumnRebuild::Finish() {
  loader_->Finish();
  table_.shadow.WriteState(new_);
  TableWrites& writes = table_.connection->writes()[table_.Key()];
  writes.names.insert(table_.shadow.table());
  writes.database = database_;
  writes.left_behind.insert(old_.collection);
}

void CheckIntegrity(Table* table) {
  if (table->HasUncommitted()) {
    ThrowInvalid(
        ErrorKind::kCommand,
        "integrity-check looks at what is committed, and this transaction has written to table " +
            table->shadow.table() + ": COMMIT first");
  }
  std::string problems = table->Problems();
  for (size_t v = 0; v < table->columns.vectors.size(); ++v) {
    for (const std::string& problem : WordProblems(table, v))
      problems += (problems.empty() ? "" : "; ") + problem;
  }
  if (problems.empty()) return;
  throw Error(ErrorKind::kCorruption, "table " + table->shadow.table() + ": " + problems);
}

}  // namespace

bool Table::HasUncommitted() const {
  const auto writes = connection->writes().find(Key());
  return writes != connection->writes().end() && writes->second.HasPending();
}

std::string Table::Problems() {
  std::string list;
  for (const TableState& state : ReadStates()) {
    const bool embeds = columns.Embeds(state.vector);
    std::vector<int64_t> expected;
    if (embeds) {
      shadow.ForEachText(state.vector,
                         [&](int64_t row_id, std::string) { expected.push_back(row_id); });
    } else {
      shadow.ForEachRow([&](int64_t row_id) { expected.push_back(row_id); });
    }
    const std::string name =
        columns.vectors.size() == 1 ? "" : "column " + columns.VectorName(state.vector) + ": ";
    const auto expect = embeds ? engine::Collection::Expect::kVectorEach
                               : engine::Collection::Expect::kVectorAtMost;
    const auto problems = ToRead(state, [&](const std::shared_ptr<engine::Collection>& collection) {
      return collection->Check(state.commit, expected, expect, connection->Cancel());
    });
    for (const std::string& problem : problems) {
      list += (list.empty() ? "" : "; ") + name + problem;
    }
  }
  if (columns.content) {
    for (const std::string& problem : StaleRows(this)) list += (list.empty() ? "" : "; ") + problem;
  }
  return list;
}

void Table::Rebuild() {
  // The columns that need the old store first: where it is missing, nothing is changed.
  for (const bool embeds : {false, true}) {
    for (size_t v = 0; v < columns.vectors.size(); ++v) {
      if (columns.Embeds(v) != embeds) continue;
      ColumnRebuild rebuild(this, v);
      if (embeds) {
        rebuild.FromTexts(shadow.ReadState(v).model);
      } else if (columns.content) {
        rebuild.FromContent();
      } else {
        rebuild.FromVectors();
      }
    }
  }
  if (columns.content) {
    EnsureTriggers(this);
    NoteEachRow(this);
  }
  shadow.RebuildWords();
}

void Table::ChangeModel(const std::string& column, const std::string& model) {
  const auto named = column.empty() ? std::nullopt : std::optional(VectorNamed(column));
  bool changed = false;
  for (size_t v = 0; v < columns.vectors.size(); ++v) {
    if (named ? v != *named : !columns.Embeds(v)) continue;
    if (!columns.Embeds(v))
      ThrowInvalid(ErrorKind::kCommand,
                   VectorColumnName(v) + " holds vectors of your own: model= is for EMBED columns");
    ColumnRebuild(this, v).FromTexts(model);
    changed = true;
  }
  if (!changed)
    ThrowInvalid(ErrorKind::kCommand,
                 VectorColumnName(0) + " holds vectors of your own: model= is for EMBED columns");
  if (columns.content) Rebuild();  // rows that had changed meanwhile, in every column
}

void Table::RunRowCommand(const std::string& command, sqlite3_value* row_id) {
  if (!columns.content) {
    ThrowInvalid(ErrorKind::kCommand, "'" + command + "' is for tables with content=; table " +
                                          shadow.table() +
                                          " has its rows itself: INSERT, UPDATE and DELETE them");
  }
  const auto row = WholeNumber(row_id);
  if (!row) {
    const std::string name = QuotedIfNeeded(shadow.table());
    ThrowInvalid(ErrorKind::kCommand, "'" + command + "' goes with a row id: INSERT INTO " + name +
                                          "(" + name + ", rowid) VALUES('" + command + "', 17)");
  }
  if (command == "index") {
    IndexRow(this, *row);
  } else {
    UnindexRow(this, *row);
  }
  Announce();
}

void Table::RunCommand(const std::string& command, sqlite3_value* row_id) {
  static constexpr std::string_view kModel = "model=";
  const size_t model = command.find(kModel);
  if (command == "index" || command == "unindex") {
    RunRowCommand(command, row_id);
  } else if (command == "rebuild") {
    Rebuild();
  } else if (model == 0) {
    ChangeModel("", command.substr(kModel.size()));
  } else if (model != std::string::npos && command[model - 1] == '.') {
    ChangeModel(command.substr(0, model - 1), command.substr(model + kModel.size()));
  } else if (command == "optimize") {
    for (const TableState& state : ReadStates())
      CollectionFor(state)->Optimize(connection->Cancel());
  } else if (command == "integrity-check") {
    CheckIntegrity(this);
  } else {
    ThrowInvalid(
        ErrorKind::kCommand,
        "unknown command '" + command + "'" +
            engine::DidYouMean(command, {"rebuild", "optimize", "integrity-check", "model=NAME"}) +
            "; the commands are rebuild, optimize, integrity-check and model=NAME");
  }
}

}  // namespace semblance::sql
