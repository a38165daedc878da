// SELECT: rows of the content table, or of a nearest-first stream over the collection.
#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_map>

#include "engine/neighbour_stream.h"
#include "index/diversify.h"
#include "sql_ext/guard.h"
#include "sql_ext/hybrid.h"
#include "sql_ext/search_log.h"
#include "sql_ext/similar_to.h"
#include "sql_ext/table.h"
#include "sql_ext/table_plan.h"
#include "sql_ext/table_request.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {

struct Cursor : sqlite3_vtab_cursor {
  explicit Cursor(Table* of) : sqlite3_vtab_cursor{}, table(of) {}
  ~Cursor() { EndSearch(); }

  void Filter(PlanWay way, std::string_view plan, sqlite3_value** values);
  void Next();
  void Column(sqlite3_context* context, int column);

  Table* const table;
  bool at_end = true;
  int64_t row_id = 0;

 private:
  void StartScan(const TableRequest& request);
  void StartSearch(const TableRequest& request);
  void EndSearch();
  std::optional<std::vector<float>> QueryVector(const TableState& state, sqlite3_value* value);
  std::shared_ptr<const engine::RowFilter> FilterFor(const TableRequest& request);
  void CheckHybrid(const TableRequest& request) const;
  bool FindNearest();
  void ChooseDiverse();
  void FuseRankings();
  void NextNeighbour();
  void ContentColumn(sqlite3_context* context, int content);
  bool FindRow();
  void VectorCell(sqlite3_context* context, size_t vector);
  const TableState& State(size_t vector);
  std::string Selected() const;

  uint64_t rollbacks_ = 0;                         // of the connection, when states_ were read
  std::vector<std::optional<TableState>> states_;  // of columns to search by, read when needed
  size_t vector_ = 0;                              // the one that is searched by
  Statement rows_;                                 // of a scan: id and the content columns
  Statement row_;                                  // of a search: the content columns of one id
  bool row_current_ = false;
  bool row_found_ = false;
  std::optional<engine::View> view_;  // of a search
  std::optional<engine::NeighbourStream> stream_;
  std::shared_ptr<const engine::RowFilter> filter_;
  std::vector<int64_t> examples_;  // rows that the query was made of; ascending
  double diversity_ = 0;
  int64_t candidates_ = 0;  // of a diverse search
  std::optional<HybridQuery> hybrid_;
  std::vector<RankedRow> chosen_;  // of a diverse or hybrid search, when the first one is asked for
  bool chose_ = false;
  RankedRow ranked_;  // the one of chosen_ that is shown
  double distance_ = 0;
  int64_t given_ = 0;  // rows of a search so far
  int64_t most_ = 0;   // k
  DistanceRange range_;
  std::optional<int64_t> k_, ef_;
  ValuePtr match_;
};

std::string Cursor::Selected() const {
  std::string selected = "SELECT " + table->columns.ContentRowId();
  for (size_t i = 0; i < table->columns.columns.size(); ++i) {
    if (table->columns.ContentIndex(i) >= 0) selected += ", " + table->columns.ContentColumn(i);
  }
  return selected + " FROM " + table->shadow.ContentName();
}

void Cursor::StartScan(const TableRequest& request) {
  rows_ = Statement(table->db(),
                    Selected() + request.where + " ORDER BY " + table->columns.ContentRowId());
  request.BindTo(&rows_);
}

std::optional<std::vector<float>> Cursor::QueryVector(const TableState& state,
                                                      sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  if (type == SQLITE_NULL) return std::nullopt;
  const bool embeds = table->columns.Embeds(state.vector);
  const std::string name = table->VectorColumnName(state.vector);
  if (embeds && type == SQLITE_TEXT) {
    const auto encoder = table->EncoderFor(state);
    const auto& vector = table->connection->Embed(state.model_id, *encoder, TextOf(value));
    return vector.size() == state.dimension ? vector : encoder::UnitPrefix(vector, state.dimension);
  }
  if (type != SQLITE_BLOB && type != SQLITE_TEXT) {
    ThrowInvalid(name + " MATCH expects " +
                 (embeds ? "a text or a vector (BLOB)" : "a vector (BLOB, or JSON text)") +
                 ", not " + Describe(value));
  }
  std::vector<float> vector = VectorFromValue(value, name + " MATCH");
  CheckVector(*table, state.vector, state.dimension, vector);
  return vector;
}

const TableState& Cursor::State(size_t vector) {
  if (rollbacks_ != table->connection->rollbacks()) {
    rollbacks_ = table->connection->rollbacks();
    states_.assign(states_.size(), std::nullopt);
  }
  if (!states_[vector]) states_[vector] = table->shadow.ReadState(vector);
  return *states_[vector];
}

std::shared_ptr<const engine::RowFilter> Cursor::FilterFor(const TableRequest& request) {
  if (request.where.empty()) return nullptr;
  Statement select(table->db(), "SELECT " + table->columns.ContentRowId() + " FROM " +
                                    table->shadow.ContentName() + request.where);
  request.BindTo(&select);
  std::vector<int64_t> row_ids;
  while (select.Step()) row_ids.push_back(select.Int(0));
  return std::make_shared<engine::RowFilter>(std::move(row_ids));
}

// Of each side of a hybrid search.
static int64_t HybridCandidates(std::optional<uint32_t> wanted) {
  constexpr int64_t kLeast = 100, kTimes = 4, kUncounted = 1000;
  return wanted ? std::max(kLeast, kTimes * *wanted) : kUncounted;
}

void Cursor::StartSearch(const TableRequest& request) {
  vector_ = request.vector;
  const TableState& state = State(vector_);
  std::optional<std::vector<float>> query;
  if (const Examples* examples = ExamplesOf(request.match)) {
    view_ = table->ViewFor(state);
    auto made = QueryOf(*examples, table, state, *view_,
                        [&](sqlite3_value* value) { return QueryVector(state, value); });
    if (!made) return;
    query = std::move(made->vector);
    examples_ = std::move(made->rows);
  } else {
    RefuseUnlike(request.match);
    if (const HybridQuery* hybrid = HybridOf(request.match)) hybrid_ = *hybrid;
    query = QueryVector(state, hybrid_ ? hybrid_->meaning.get() : request.match);
    if (!query) return;
    view_ = table->ViewFor(state);
  }
  if (hybrid_) CheckHybrid(request);
  match_ = CopyOf(request.match);
  most_ = request.k.value_or(std::numeric_limits<int64_t>::max());
  range_ = request.distance;
  engine::NeighbourStream::Options options;
  options.wanted = request.Wanted();
  if (options.wanted) *options.wanted += static_cast<uint32_t>(examples_.size());
  options.complete = request.MustBeComplete();
  options.ef = static_cast<uint32_t>(request.ef.value_or(table->Vector(state).ef));
  options.filter = FilterFor(request);
  options.cancel = [connection = table->connection.get()] { return connection->Interrupted(); };
  if (SearchLog* log = table->connection->search_log)
    options.report = log->Note(*table, vector_, *view_, *query, options);
  diversity_ = request.diversity;
  if (diversity_ > 0) candidates_ = request.Candidates();
  if (hybrid_) {
    candidates_ = HybridCandidates(request.Wanted());
    options.wanted = static_cast<uint32_t>(candidates_);
    options.complete = false;
    filter_ = options.filter;
  }
  stream_.emplace(*view_, std::move(*query), std::move(options));
  ++table->searches;
}

void Cursor::EndSearch() {
  view_.reset();
  filter_.reset();
  examples_.clear();
  hybrid_.reset();
  chosen_.clear();
  diversity_ = 0;
  chose_ = false;
  ranked_ = {};
  if (!stream_) return;
  stream_.reset();
  --table->searches;
}

void Cursor::Filter(PlanWay way, std::string_view plan, sqlite3_value** values) {
  if (way == PlanWay::kRefused) ThrowInvalid(std::string(plan.substr(plan.find(' ') + 1)));
  EndSearch();
  match_.reset();
  rows_ = Statement();
  row_ = Statement();
  at_end = true;
  given_ = 0;
  states_.assign(table->columns.vectors.size(), std::nullopt);
  const TableRequest request = ReadRequest(table->columns, plan, values);
  k_ = request.k;
  ef_ = request.ef;
  if (request.nothing || request.limit == 0) return;
  if (way == PlanWay::kSearch) {
    StartSearch(request);
  } else {
    StartScan(request);
  }
  Next();
}

// Goes to the next row of the stream that the search is for; false: there is none.
bool Cursor::FindNearest() {
  while (const auto found = stream_->Next()) {
    if (range_.Beyond(found->distance)) return false;
    if (!range_.Contains(found->distance)) continue;
    if (std::binary_search(examples_.begin(), examples_.end(), found->row_id)) continue;
    row_id = found->row_id;
    row_current_ = false;
    // A row may be gone from a content table whose triggers were not run.
    if (table->columns.content && !FindRow()) continue;
    distance_ = found->distance;
    return true;
  }
  return false;
}

void Cursor::CheckHybrid(const TableRequest& request) const {
  if (table->columns.vectors[vector_].fts.empty()) {
    ThrowInvalid("hybrid() also searches by words, which " + table->VectorColumnName(vector_) +
                 " does not keep: make the table with fts=unicode61 after the column");
  }
  if (request.diversity > 0)
    ThrowInvalid("diversity goes with a search by meaning alone, not with hybrid()");
}

void Cursor::FuseRankings() {
  chose_ = true;
  std::vector<int64_t> by_meaning;
  while (static_cast<int64_t>(by_meaning.size()) < candidates_) {
    const auto found = stream_->Next();
    if (!found) break;
    by_meaning.push_back(found->row_id);
  }
  const auto by_words = RowsWithWords(
      &table->shadow, vector_, hybrid_->words,
      [&](int64_t id) { return filter_ == nullptr || filter_->Contains(id); },
      static_cast<size_t>(candidates_));
  chosen_ = Fuse(by_words, by_meaning, hybrid_->weight);
  std::erase_if(chosen_, [&](const RankedRow& row) { return !range_.Contains(row.distance); });
}

void Cursor::ChooseDiverse() {
  chose_ = true;
  const uint32_t dimension = State(vector_).dimension;
  std::vector<engine::Found> found;
  std::vector<float> distances;
  std::vector<int64_t> row_ids;
  std::unordered_map<int64_t, size_t> number;  // among `found`
  while (static_cast<int64_t>(found.size()) < candidates_ && FindNearest()) {
    number[row_id] = found.size();
    row_ids.push_back(row_id);
    found.push_back({row_id, static_cast<float>(distance_)});
    distances.push_back(found.back().distance);
  }
  std::vector<float> vectors(found.size() * dimension);
  for (const engine::RowPlace& place : view_->FindAll(row_ids)) {
    float* const vector = vectors.data() + number[place.row_id] * dimension;
    view_->CopyVector(place, {vector, dimension});
  }
  const index::Candidates candidates{table->columns.vectors[vector_].metric, dimension, vectors,
                                     distances};
  for (const uint32_t i : index::Diversify(candidates, static_cast<uint32_t>(most_), diversity_,
                                           [&] { return table->connection->Interrupted(); })) {
    chosen_.push_back({found[i].row_id, found[i].distance, {}, {}});
  }
}

void Cursor::NextNeighbour() {
  at_end = true;
  if (!stream_ || given_ >= most_) return;
  if (diversity_ == 0 && !hybrid_) {
    at_end = !FindNearest();
  } else {
    if (!chose_) hybrid_ ? FuseRankings() : ChooseDiverse();
    if (given_ == static_cast<int64_t>(chosen_.size())) return;
    at_end = false;
    ranked_ = chosen_[static_cast<size_t>(given_)];
    row_id = ranked_.row_id;
    distance_ = ranked_.distance;
    row_current_ = false;
  }
  if (!at_end) ++given_;
}

void Cursor::Next() {
  row_current_ = false;
  if (rows_.handle() == nullptr) {
    NextNeighbour();
    return;
  }
  at_end = !rows_.Step();
  row_id = rows_.Int(0);
}

// The content of a search's row; false: there is none.
bool Cursor::FindRow() {
  if (row_current_) return row_found_;
  if (row_.handle() == nullptr) {
    row_ = Statement(table->db(), Selected() + " WHERE " + table->columns.ContentRowId() + " = ?1",
                     true);
  }
  row_.Reset();
  row_.Bind(1, row_id);
  row_found_ = row_.Step();
  row_current_ = true;
  return row_found_;
}

void Cursor::ContentColumn(sqlite3_context* context, int content) {
  if (rows_.handle() != nullptr) {
    sqlite3_result_value(context, rows_.Value(content + 1));
    return;
  }
  if (FindRow()) sqlite3_result_value(context, row_.Value(content + 1));
}

void Cursor::VectorCell(sqlite3_context* context, size_t vector) {
  const auto found = table->VectorOf(State(vector), row_id);
  if (found) ResultVector(context, *found, table->VectorColumnName(vector));
}

void Cursor::Column(sqlite3_context* context, int column) {
  if (sqlite3_vtab_nochange(context)) return;
  if (column < table->declared()) {
    const auto at = static_cast<size_t>(column);
    if (const int content = table->columns.ContentIndex(at); content >= 0) {
      ContentColumn(context, content);
    } else if (const auto vector = table->columns.VectorOf(at)) {
      VectorCell(context, *vector);
    } else {
      sqlite3_result_int64(context, row_id);
    }
    return;
  }
  if (!stream_) return;
  switch (table->hidden_columns[static_cast<size_t>(column - table->declared())]) {
    case HiddenColumn::kTable:
      sqlite3_result_value(context, match_.get());
      break;
    case HiddenColumn::kK:
      if (k_) sqlite3_result_int64(context, *k_);
      break;
    case HiddenColumn::kEf:
      sqlite3_result_int64(context, ef_.value_or(table->columns.vectors[vector_].ef));
      break;
    case HiddenColumn::kDistance:
      sqlite3_result_double(context, distance_);
      break;
    case HiddenColumn::kRank:
      sqlite3_result_int64(context, given_);
      break;
    case HiddenColumn::kScore:
      sqlite3_result_double(
          context, hybrid_ ? 1 - distance_
                           : index::Score(table->columns.vectors[vector_].metric, distance_));
      break;
    case HiddenColumn::kDiversity:
      sqlite3_result_double(context, diversity_);
      break;
    case HiddenColumn::kWordRank:
      if (ranked_.word_rank) sqlite3_result_int64(context, *ranked_.word_rank);
      break;
    case HiddenColumn::kMeaningRank:
      if (ranked_.meaning_rank) sqlite3_result_int64(context, *ranked_.meaning_rank);
      break;
  }
}

int OpenCursor(sqlite3_vtab* table, sqlite3_vtab_cursor** cursor) {
  return GuardTable(table, [&] { *cursor = new Cursor(static_cast<Table*>(table)); });
}

int CloseCursor(sqlite3_vtab_cursor* cursor) {
  delete static_cast<Cursor*>(cursor);
  return SQLITE_OK;
}

int FilterCursor(sqlite3_vtab_cursor* cursor, int number, const char* plan, int,
                 sqlite3_value** values) {
  return GuardTable(cursor->pVtab, [&] {
    static_cast<Cursor*>(cursor)->Filter(static_cast<PlanWay>(number), plan ? plan : "", values);
  });
}

int NextRow(sqlite3_vtab_cursor* cursor) {
  return GuardTable(cursor->pVtab, [&] { static_cast<Cursor*>(cursor)->Next(); });
}

int AtEnd(sqlite3_vtab_cursor* cursor) { return static_cast<Cursor*>(cursor)->at_end; }

int ColumnOf(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int column) {
  return GuardTable(cursor->pVtab, [&] { static_cast<Cursor*>(cursor)->Column(context, column); });
}

int RowIdOf(sqlite3_vtab_cursor* cursor, sqlite3_int64* row_id) {
  *row_id = static_cast<Cursor*>(cursor)->row_id;
  return SQLITE_OK;
}

}  // namespace semblance::sql
