#include "sql_ext/table.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/nearest_name.h"
#include "sql_ext/guard.h"

namespace semblance::sql {
namespace {
using engine::Error;
using engine::ErrorKind;
}  // namespace

std::string Table::VectorColumnName(size_t vector) const {
  return "column " + columns.VectorName(vector) + " of table " + shadow.table();
}

size_t Table::VectorNamed(const std::string& name, const std::string& asker) const {
  if (const auto vector = columns.VectorNamed(name)) return *vector;
  ThrowInvalid(ErrorKind::kNotFound, asker + "table " + shadow.table() + " has no column " + name +
                                         " to search by" +
                                         engine::DidYouMean(name, columns.VectorNames()));
}

std::vector<TableState> Table::ReadStates() {
  std::vector<TableState> states;
  for (size_t v = 0; v < columns.vectors.size(); ++v) states.push_back(shadow.ReadState(v));
  return states;
}

std::string Table::CommandText(const std::string& command) const {
  const std::string name = QuotedIfNeeded(shadow.table());
  const bool is_main = sqlite3_stricmp(shadow.schema().c_str(), "main") == 0;
  return "INSERT INTO " + (is_main ? "" : QuotedIfNeeded(shadow.schema()) + ".") + name + "(" +
         name + ") VALUES('" + command + "')";
}

std::string Table::Cure() const {
  return columns.Rebuildable()
             ? CommandText("rebuild") + " makes the vectors again from the " +
                   (columns.content ? "rows of " + columns.content->name : "texts")
             : "bring back the folder that belongs to the database file, the "
               "vectors are only there";
}

std::shared_ptr<engine::Database> Table::DatabaseFor(const TableState& state, Access access) const {
  const auto belongs = [&](const auto& database) {
    return database && database->store().store_id() == state.store;
  };
  auto database = access == Access::kRead
                      ? connection->DatabaseToRead(shadow.schema())
                      : connection->DatabaseOf(shadow.schema(), engine::FileDatabase::Create::kNo);
  if (belongs(database)) return database;
  if (access == Access::kRead) {
    database = connection->DatabaseToRead(shadow.schema(), Connection::Look::kNow);
    if (belongs(database)) return database;
  }
  const std::string folder =
      engine::FileDatabase::FolderOf(sqlite3_db_filename(db(), shadow.schema().c_str()));
  const std::string what = database
                               ? " belongs to another database than table " + shadow.table()
                               : " with the vectors of table " + shadow.table() + " is not there";
  throw Error(ErrorKind::kOutOfStep, "the folder " + folder + what + "; " + Cure());
}

engine::CollectionOptions Table::OptionsFor(const TableState& state) const {
  const VectorColumn& vector = Vector(state);
  engine::CollectionOptions options;
  options.metric = vector.metric;
  options.dimension = state.dimension;
  options.kind = vector.kind.value_or(index::Kind::kHnsw);
  options.automatic = !vector.kind;
  options.memory_limit = uint64_t{vector.memory_limit} << 20;
  options.lists = vector.nlist;
  options.hnsw_m = vector.hnsw_m;
  options.ef_construction = vector.ef_construction;
  options.quantization = vector.quantization;
  options.oversample = vector.oversample.value_or(index::DefaultOversample(vector.quantization));
  return options;
}

std::shared_ptr<engine::Collection> Table::CollectionFor(const TableState& state,
                                                         Access access) const {
  return DatabaseFor(state, access)->OpenCollection(state.collection, OptionsFor(state));
}

std::shared_ptr<engine::Collection> Table::AskForCollection(const TableState& state) const {
  try {
    return CollectionFor(state, Access::kWrite);
  } catch (const std::exception&) {
    return nullptr;  // what can be read says what there is to say
  }
}

engine::PendingWrites* Table::Uncommitted(const TableState& state) {
  const auto writes = connection->writes().find(Key());
  if (writes == connection->writes().end()) return nullptr;
  const auto current = writes->second.collections.find(state.collection);
  return current == writes->second.collections.end() ? nullptr : current->second.pending.get();
}

std::shared_ptr<const engine::PendingWrites> Table::Overlay(const TableState& state) {
  engine::PendingWrites* const pending = Uncommitted(state);
  if (pending == nullptr || pending->empty()) return nullptr;
  Flush(state, pending);
  return connection->writes()[Key()].collections[state.collection].pending;
}

engine::View Table::ViewFor(const TableState& state) {
  const auto overlay = Overlay(state);
  if (!overlay) {
    if (auto view = connection->Remembered(shadow.schema(), state.collection, VisibleCommit(state)))
      return *std::move(view);
  }
  return OrCure([&] {
    return ToRead(state, [&](const std::shared_ptr<engine::Collection>& collection) {
      engine::View view = collection->ViewAt(VisibleCommit(state), overlay, connection->Cancel());
      collection->NoteSearch();
      if (view.state().ReadsStore()) view.Pin(collection);
      return view;
    });
  });
}

std::shared_ptr<const encoder::Encoder> Table::EncoderFor(const TableState& state) const {
  const auto database = connection->DatabaseToRead(shadow.schema());
  if (database != nullptr && database->store().store_id() == state.store) {
    return database->models().EncoderById(state.model_id);
  }
  if (auto encoder = engine::LoadedEncoder(state.model_id, encoder::Precision::kF32)) {
    return encoder;
  }
  return DatabaseFor(state, Access::kRead)->models().EncoderById(state.model_id);
}

uint64_t Table::VisibleCommit(const TableState& state) const {
  const auto writes = connection->writes().find(Key());
  if (writes == connection->writes().end()) return state.commit;
  const auto current = writes->second.collections.find(state.collection);
  return current == writes->second.collections.end() ? state.commit : current->second.base_commit;
}

std::optional<std::vector<float>> Table::VectorOf(const TableState& state, int64_t row_id) {
  engine::PendingWrites* const pending = Uncommitted(state);
  if (pending == nullptr || !pending->Touches(row_id)) {
    return OrCure([&] {
      return ToRead(state, [&](const std::shared_ptr<engine::Collection>& collection) {
        return collection->VectorAt(row_id, VisibleCommit(state), connection->Cancel());
      });
    });
  }
  Flush(state, pending);
  const auto vector = pending->Find(row_id);
  if (!vector) return std::nullopt;
  return std::vector<float>(vector->begin(), vector->end());
}

engine::PendingWrites& Table::Pending(size_t vector) {
  const TableState state = shadow.ReadState(vector);
  id = state.table;
  TableWrites& writes = connection->writes()[Key()];
  writes.names.insert(shadow.table());
  CollectionWrites& current = writes.collections[state.collection];
  if (current.pending) return *current.pending;
  try {
    const auto database = DatabaseFor(state);
    if (database->NeedsGarbageCollection()) {
      const auto live = LiveCollections(sqlite3_db_filename(db(), shadow.schema().c_str()));
      if (live) database->CollectGarbage(*live);
    }
    current.collection = CollectionFor(state);
    current.commit =
        OrCure([&] { return current.collection->BeginWrite(state.commit, connection->Cancel()); });
    current.vector = vector;
    current.base_commit = state.commit;
    current.pending = std::make_shared<engine::PendingWrites>(state.dimension);
    for (int level : writes.savepoints) current.pending->SetSavepoint(level);
    writes.database = database;
  } catch (...) {
    writes.collections.erase(state.collection);
    throw;
  }
  return *current.pending;
}

void Table::Announce() {
  for (auto& [collection, writes] : connection->writes()[Key()].collections) {
    if (writes.announced || writes.pending->empty()) continue;
    if (shadow.ReadState(writes.vector).collection == collection)
      shadow.WriteCommit(writes.vector, writes.commit);
    writes.announced = true;
  }
}

uint32_t Table::DimensionBy(const engine::ModelInfo& model, size_t vector) const {
  const uint32_t dims = columns.vectors[vector].dims;
  if (dims > model.dimension) {
    ThrowInvalid(ErrorKind::kDimension,
                 "dims=" + std::to_string(dims) + " of " + VectorColumnName(vector) + ": model " +
                     model.name + " gives " + std::to_string(model.dimension) + " numbers");
  }
  return dims == 0 ? model.dimension : dims;
}

std::vector<float> Table::Encode(const TableState& state, const encoder::Encoder& encoder,
                                 std::span<const std::string_view> texts) const {
  std::vector<float> vectors = encoder.Encode(texts, connection->Cancel());
  const size_t whole = encoder.dimension();
  if (whole == state.dimension) return vectors;
  std::vector<float> cut;
  cut.reserve(texts.size() * state.dimension);
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto prefix = encoder::UnitPrefix({vectors.data() + i * whole, whole}, state.dimension);
    cut.insert(cut.end(), prefix.begin(), prefix.end());
  }
  return cut;
}

void Table::Flush(const TableState& state, engine::PendingWrites* pending) {
  if (pending->waiting_texts() == 0) return;
  const auto encoder = EncoderFor(state);
  pending->Flush(
      [&](std::span<const std::string_view> texts) { return Encode(state, *encoder, texts); });
}

void CheckVector(const Table& table, size_t column, uint32_t dimension,
                 std::span<const float> vector) {
  if (vector.size() != dimension) {
    ThrowInvalid(ErrorKind::kDimension,
                 table.VectorColumnName(column) + " holds vectors of " + std::to_string(dimension) +
                     " numbers, and this one has " + std::to_string(vector.size()));
  }
  if (table.columns.vectors[column].metric == index::Metric::kCosine &&
      std::all_of(vector.begin(), vector.end(), [](float x) { return x == 0; })) {
    ThrowInvalid(ErrorKind::kVector,
                 table.VectorColumnName(column) +
                     ": a zero vector has no direction, so no cosine distance; "
                     "give another, NULL, or make the table with distance_metric=l2");
  }
}

}  // namespace semblance::sql
