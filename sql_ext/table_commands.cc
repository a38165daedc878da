// INSERT INTO t(t) VALUES('command').
//
//   rebuild          makes every vector again from its text; of FLOAT[n] tables, the
//                    segments from the stored vectors
//   model=NAME       the same with another model
//   optimize         one segment without dead rows
//   integrity-check  an error that lists what does not agree, or nothing
//
// rebuild and model= write a new collection beside the old one and change one row of the shadow
// table: a reader sees the old vectors or the new, never both, and a rollback leaves the old.
#include <random>

#include "engine/error.h"
#include "engine/nearest_name.h"
#include "sql_ext/guard.h"
#include "sql_ext/table.h"

namespace semblance::sql {
namespace {

using engine::Error;
using engine::ErrorKind;

constexpr size_t kEmbedTogether = 512;

class Rebuild {
 public:
  explicit Rebuild(Table* table) : table_(*table), old_(table->shadow.ReadState()) {}

  void FromTexts(const std::string& model_name);
  void FromVectors();

 private:
  void Begin(const std::shared_ptr<engine::Database>& database);
  void EmbedBatch(const encoder::Encoder& encoder);
  void Finish();

  Table& table_;
  const TableState old_;
  TableState new_;
  std::shared_ptr<engine::Database> database_;
  std::shared_ptr<engine::Collection> collection_;
  std::optional<engine::Collection::Loader> loader_;
  std::vector<int64_t> row_ids_;
  std::vector<std::string> texts_;
};

void Rebuild::Begin(const std::shared_ptr<engine::Database>& database) {
  database_ = database;
  std::random_device device;
  new_.table = old_.table;
  new_.store = database->store().store_id();
  new_.collection = (static_cast<uint64_t>(device()) << 32 | device()) | 1;
  new_.commit = 1;
  collection_ = database->OpenCollection(new_.collection, table_.OptionsFor(new_));
  loader_.emplace(collection_.get());
}

void Rebuild::EmbedBatch(const encoder::Encoder& encoder) {
  const std::vector<std::string_view> views(texts_.begin(), texts_.end());
  const auto vectors = encoder.Encode(views, [this] { return table_.connection->Interrupted(); });
  for (size_t i = 0; i < row_ids_.size(); ++i) {
    loader_->Add(row_ids_[i], {vectors.data() + i * new_.dimension, new_.dimension});
  }
  row_ids_.clear();
  texts_.clear();
}

void Rebuild::FromTexts(const std::string& model_name) {
  const auto database =
      table_.connection->DatabaseOf(table_.shadow.schema(), engine::FileDatabase::Create::kYes);
  const engine::ModelInfo model = database->models().Pin(model_name);
  const auto encoder = database->models().EncoderById(model.id);
  new_.model = model.name;
  new_.model_id = model.id;
  new_.dimension = model.dimension;
  Begin(database);
  table_.shadow.ForEachText([&](int64_t row_id, std::string text) {
    row_ids_.push_back(row_id);
    texts_.push_back(std::move(text));
    if (texts_.size() == kEmbedTogether) EmbedBatch(*encoder);
  });
  EmbedBatch(*encoder);
  Finish();
}

void Rebuild::FromVectors() {
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
    if (table_.connection->Interrupted()) throw Error(ErrorKind::kInterrupted, "interrupted");
  }
  Finish();
}

void Rebuild::Finish() {
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
        "integrity-check looks at what is committed, and this transaction has written to table " +
        table->shadow.table() + ": COMMIT first");
  }
  const std::string problems = table->Problems();
  if (problems.empty()) return;
  throw Error(ErrorKind::kCorruption, "table " + table->shadow.table() + ": " + problems);
}

}  // namespace

bool Table::HasUncommitted() const {
  const auto writes = connection->writes().find(Key());
  return writes != connection->writes().end() && writes->second.HasPending();
}

std::string Table::Problems() {
  const TableState state = shadow.ReadState();
  std::vector<int64_t> expected;
  if (columns.embeds()) {
    shadow.ForEachText([&](int64_t row_id, std::string) { expected.push_back(row_id); });
  } else {
    shadow.ForEachRow([&](int64_t row_id) { expected.push_back(row_id); });
  }
  std::string list;
  for (const std::string& problem :
       CollectionFor(state)->Check(state.commit, expected,
                                   columns.embeds() ? engine::Collection::Expect::kVectorEach
                                                    : engine::Collection::Expect::kVectorAtMost)) {
    list += (list.empty() ? "" : "; ") + problem;
  }
  return list;
}

void Table::RunCommand(const std::string& command) {
  static constexpr std::string_view kModel = "model=";
  if (command == "rebuild") {
    if (columns.embeds()) {
      Rebuild(this).FromTexts(shadow.ReadState().model);
    } else {
      Rebuild(this).FromVectors();
    }
  } else if (command.starts_with(kModel)) {
    if (!columns.embeds())
      ThrowInvalid(VectorColumnName() + " holds vectors of your own: model= is for EMBED columns");
    Rebuild(this).FromTexts(command.substr(kModel.size()));
  } else if (command == "optimize") {
    CollectionFor(shadow.ReadState())->Optimize([this] { return connection->Interrupted(); });
  } else if (command == "integrity-check") {
    CheckIntegrity(this);
  } else {
    ThrowInvalid(
        "unknown command '" + command + "'" +
        engine::DidYouMean(command, {"rebuild", "optimize", "integrity-check", "model=NAME"}) +
        "; the commands are rebuild, optimize, integrity-check and model=NAME");
  }
}

}  // namespace semblance::sql
