// SELECT: rows of the content table, or of a nearest-first stream over the collection.
#include <limits>
#include <optional>

#include "engine/neighbour_stream.h"
#include "sql_ext/guard.h"
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
  std::optional<std::vector<float>> QueryVector(sqlite3_value* value);
  std::shared_ptr<const engine::RowFilter> FilterFor(const TableRequest& request);
  void NextNeighbour();
  void ContentColumn(sqlite3_context* context, int content);
  void VectorColumn(sqlite3_context* context);
  std::string Selected() const;

  TableState state_;
  bool state_read_ = false;
  Statement rows_;  // of a scan: id and the content columns
  Statement row_;   // of a search: the content columns of one id
  bool row_current_ = false;
  bool row_found_ = false;
  std::optional<engine::NeighbourStream> stream_;
  double distance_ = 0;
  int64_t given_ = 0;  // rows of a search so far
  int64_t most_ = 0;   // k
  DistanceRange range_;
  std::optional<int64_t> k_, ef_;
  ValuePtr match_;
};

std::string Cursor::Selected() const {
  std::string selected = "SELECT id";
  for (size_t i = 0; i < table->columns.columns.size(); ++i) {
    const int content = table->columns.ContentIndex(i);
    if (content >= 0) selected += ", c" + std::to_string(content);
  }
  return selected + " FROM " + table->shadow.ContentName();
}

void Cursor::StartScan(const TableRequest& request) {
  rows_ = Statement(table->db(), Selected() + request.where + " ORDER BY id");
  request.BindTo(&rows_);
}

std::optional<std::vector<float>> Cursor::QueryVector(sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  if (type == SQLITE_NULL) return std::nullopt;
  if (table->columns.embeds() && type == SQLITE_TEXT) {
    const auto encoder = table->EncoderFor(state_);
    const std::string_view text(reinterpret_cast<const char*>(sqlite3_value_text(value)),
                                static_cast<size_t>(sqlite3_value_bytes(value)));
    return table->connection->Embed(state_.model_id, *encoder, text);
  }
  if (type != SQLITE_BLOB && type != SQLITE_TEXT) {
    ThrowInvalid(
        table->VectorColumnName() + " MATCH expects " +
        (table->columns.embeds() ? "a text or a vector (BLOB)" : "a vector (BLOB, or JSON text)") +
        ", not " + Describe(value));
  }
  std::vector<float> vector = VectorFromValue(value, table->VectorColumnName() + " MATCH");
  CheckVector(*table, state_.dimension, vector);
  return vector;
}

std::shared_ptr<const engine::RowFilter> Cursor::FilterFor(const TableRequest& request) {
  if (request.where.empty()) return nullptr;
  Statement select(table->db(), "SELECT id FROM " + table->shadow.ContentName() + request.where);
  request.BindTo(&select);
  std::vector<int64_t> row_ids;
  while (select.Step()) row_ids.push_back(select.Int(0));
  return std::make_shared<engine::RowFilter>(std::move(row_ids));
}

void Cursor::StartSearch(const TableRequest& request) {
  state_ = table->shadow.ReadState();
  state_read_ = true;
  auto query = QueryVector(request.match);
  if (!query) return;
  match_.reset(sqlite3_value_dup(request.match));
  if (match_ == nullptr) throw std::bad_alloc();
  most_ = request.k.value_or(std::numeric_limits<int64_t>::max());
  range_ = request.distance;
  engine::NeighbourStream::Options options;
  options.wanted = request.Wanted();
  options.complete = request.MustBeComplete();
  options.ef = static_cast<uint32_t>(request.ef.value_or(table->columns.ef));
  options.filter = FilterFor(request);
  stream_.emplace(table->ViewFor(state_), std::move(*query), std::move(options));
  ++table->searches;
}

void Cursor::EndSearch() {
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
  state_read_ = false;
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

void Cursor::NextNeighbour() {
  at_end = true;
  if (!stream_ || given_ >= most_) return;
  while (const auto found = stream_->Next()) {
    if (range_.Beyond(found->distance)) return;
    if (!range_.Contains(found->distance)) continue;
    at_end = false;
    row_id = found->row_id;
    distance_ = found->distance;
    ++given_;
    return;
  }
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

void Cursor::ContentColumn(sqlite3_context* context, int content) {
  if (rows_.handle() != nullptr) {
    sqlite3_result_value(context, rows_.Value(content + 1));
    return;
  }
  if (!row_current_) {
    if (row_.handle() == nullptr)
      row_ = Statement(table->db(), Selected() + " WHERE id = ?1", true);
    row_.Reset();
    row_.Bind(1, row_id);
    row_found_ = row_.Step();
    row_current_ = true;
  }
  if (row_found_) sqlite3_result_value(context, row_.Value(content + 1));
}

void Cursor::VectorColumn(sqlite3_context* context) {
  if (!state_read_) {
    state_ = table->shadow.ReadState();
    state_read_ = true;
  }
  const auto vector = table->VectorOf(state_, row_id);
  if (vector) ResultVector(context, *vector, table->VectorColumnName());
}

void Cursor::Column(sqlite3_context* context, int column) {
  if (sqlite3_vtab_nochange(context)) return;
  if (column < table->declared()) {
    const int content = table->columns.ContentIndex(static_cast<size_t>(column));
    if (content < 0) {
      VectorColumn(context);
    } else {
      ContentColumn(context, content);
    }
    return;
  }
  if (!stream_) return;
  switch (static_cast<HiddenColumn>(column - table->declared())) {
    case HiddenColumn::kTable:
      sqlite3_result_value(context, match_.get());
      break;
    case HiddenColumn::kK:
      if (k_) sqlite3_result_int64(context, *k_);
      break;
    case HiddenColumn::kEf:
      sqlite3_result_int64(context, ef_.value_or(table->columns.ef));
      break;
    case HiddenColumn::kDistance:
      sqlite3_result_double(context, distance_);
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
