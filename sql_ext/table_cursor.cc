// SELECT: rows of the content table, or of a nearest-first stream over the collection.
#include <memory>
#include <optional>

#include "sql_ext/guard.h"
#include "sql_ext/table.h"
#include "sql_ext/table_plan.h"
#include "sql_ext/table_request.h"
#include "sql_ext/table_search.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {

struct Cursor : sqlite3_vtab_cursor {
  explicit Cursor(Table* of) : sqlite3_vtab_cursor{}, table(of) {}

  void Filter(PlanWay way, std::string_view plan, sqlite3_value** values);
  void Next();
  void Column(sqlite3_context* context, int column);

  Table* const table;
  bool at_end = true;
  int64_t row_id = 0;

 private:
  void StartScan(const TableRequest& request);
  void StartSearch(const TableRequest& request);
  void ContentColumn(sqlite3_context* context, int content);
  bool FindRow();
  void VectorCell(sqlite3_context* context, size_t vector);
  const TableState& State(size_t vector);
  std::string Selected() const;

  uint64_t rollbacks_ = 0;                         // of the connection, when states_ were read
  std::vector<std::optional<TableState>> states_;  // of columns to search by, read when needed
  Statement rows_;                                 // of a scan: id and the content columns
  Statement row_;                                  // of a search: the content columns of one id
  bool row_current_ = false;
  bool row_found_ = false;
  std::unique_ptr<TableSearch> search_;
  RankedRow found_;  // by search_
  std::optional<int64_t> k_, ef_, oversample_, nprobe_;
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

const TableState& Cursor::State(size_t vector) {
  if (rollbacks_ != table->connection->rollbacks()) {
    rollbacks_ = table->connection->rollbacks();
    states_.assign(states_.size(), std::nullopt);
  }
  if (!states_[vector]) states_[vector] = table->shadow.ReadState(vector);
  return *states_[vector];
}

void Cursor::StartSearch(const TableRequest& request) {
  TableSearch::HasContent has_content;
  if (table->columns.content) {
    // A row may be gone from a content table whose triggers were not run.
    has_content = [this](int64_t id) {
      row_id = id;
      row_current_ = false;
      return FindRow();
    };
  }
  search_ = TableSearch::Begin(table, State(request.vector), request, std::move(has_content));
  if (search_) match_ = CopyOf(request.match);
}

void Cursor::Filter(PlanWay way, std::string_view plan, sqlite3_value** values) {
  if (way == PlanWay::kRefused)
    ThrowInvalid(ErrorKind::kQuery, std::string(plan.substr(plan.find(' ') + 1)));
  search_.reset();
  match_.reset();
  rows_ = Statement();
  row_ = Statement();
  row_current_ = false;
  at_end = true;
  states_.assign(table->columns.vectors.size(), std::nullopt);
  const TableRequest request = ReadRequest(table->columns, plan, values);
  k_ = request.k;
  ef_ = request.ef;
  oversample_ = request.oversample;
  nprobe_ = request.nprobe;
  if (request.nothing || request.limit == 0) return;
  if (way == PlanWay::kSearch) {
    StartSearch(request);
  } else {
    StartScan(request);
  }
  Next();
}

void Cursor::Next() {
  at_end = true;
  if (rows_.handle() != nullptr) {
    at_end = !rows_.Step();
    row_id = rows_.Int(0);
    return;
  }
  const auto found = search_ ? search_->Next() : std::nullopt;
  if (!found) return;
  at_end = false;
  if (row_id != found->row_id) row_current_ = false;
  row_id = found->row_id;
  found_ = *found;
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
  if (!search_) return;
  switch (table->hidden_columns[static_cast<size_t>(column - table->declared())]) {
    case HiddenColumn::kTable:
      sqlite3_result_value(context, match_.get());
      break;
    case HiddenColumn::kK:
      if (k_) sqlite3_result_int64(context, *k_);
      break;
    case HiddenColumn::kEf:
      sqlite3_result_int64(context, ef_.value_or(table->columns.vectors[search_->vector()].ef));
      break;
    case HiddenColumn::kNprobe:
      sqlite3_result_int64(context,
                           nprobe_.value_or(table->columns.vectors[search_->vector()].nprobe));
      break;
    case HiddenColumn::kDistance:
      sqlite3_result_double(context, found_.distance);
      break;
    case HiddenColumn::kRank:
      sqlite3_result_int64(context, search_->given());
      break;
    case HiddenColumn::kScore:
      sqlite3_result_double(context, search_->ScoreOf(found_));
      break;
    case HiddenColumn::kDiversity:
      sqlite3_result_double(context, search_->diversity());
      break;
    case HiddenColumn::kOversample:
      if (oversample_) sqlite3_result_int64(context, *oversample_);
      break;
    case HiddenColumn::kWordRank:
      if (found_.word_rank) sqlite3_result_int64(context, *found_.word_rank);
      break;
    case HiddenColumn::kMeaningRank:
      if (found_.meaning_rank) sqlite3_result_int64(context, *found_.meaning_rank);
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
