// SELECT: rows of the content table, or of a nearest-first stream over the collection.
#include <cmath>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/error.h"
#include "engine/neighbour_stream.h"
#include "sql_ext/guard.h"
#include "sql_ext/table.h"
#include "sql_ext/table_plan.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

constexpr int64_t kMostK = 10000;
constexpr uint32_t kHintWithoutLimit =
    64;  // rows looked for when neither k nor LIMIT says how many

struct ValueFree {
  void operator()(sqlite3_value* value) const { sqlite3_value_free(value); }
};
using ValuePtr = std::unique_ptr<sqlite3_value, ValueFree>;

// A value of a query, bound where the content table is asked.
struct Parameter {
  sqlite3_value* value = nullptr;
  std::string text;  // when there is no value
};

// What the values of a query ask for.
struct Request {
  sqlite3_value* match = nullptr;
  std::optional<int64_t> k;
  std::optional<int64_t> ef;
  std::optional<int64_t> limit;
  int64_t offset = 0;
  double farthest = std::numeric_limits<double>::infinity();
  bool farthest_included = true;
  bool nothing = false;  // a condition that no row meets
  std::string where;     // on the content table; empty: every row
  std::vector<Parameter> parameters;

  std::string Add(Parameter parameter) {  // gives its place in the SQL
    parameters.push_back(std::move(parameter));
    return "?" + std::to_string(parameters.size());
  }
  void BindTo(Statement* statement) const {
    for (size_t p = 0; p < parameters.size(); ++p) {
      const int place = static_cast<int>(p) + 1;
      if (parameters[p].value) {
        statement->Bind(place, parameters[p].value);
      } else {
        statement->Bind(place, std::string_view(parameters[p].text));
      }
    }
  }
};

int64_t WholeNumber(sqlite3_value* value, const char* name, int64_t least, int64_t most) {
  const int64_t number = sqlite3_value_int64(value);
  if (sqlite3_value_numeric_type(value) != SQLITE_INTEGER || number < least || number > most) {
    ThrowInvalid(std::string(name) + " must be a whole number from " + std::to_string(least) +
                 " to " + std::to_string(most) + ", not " + Describe(value));
  }
  return number;
}

}  // namespace

struct Cursor : sqlite3_vtab_cursor {
  explicit Cursor(Table* of) : sqlite3_vtab_cursor{}, table(of) {}

  void Filter(bool neighbours, std::string_view plan, sqlite3_value** values);
  void Next();
  void Column(sqlite3_context* context, int column);

  Table* const table;
  bool at_end = true;
  int64_t row_id = 0;

 private:
  Request Read(std::string_view plan, sqlite3_value** values);
  void AddCondition(const std::string& condition, Request* request) {
    request->where += (request->where.empty() ? " WHERE " : " AND ") + condition;
  }
  void AddInList(const std::string& column, sqlite3_value* list, Request* request);
  void ReadDistance(const PlanStep& step, sqlite3_value* value, Request* request);
  void StartScan(const Request& request);
  void StartSearch(const Request& request);
  std::optional<std::vector<float>> QueryVector(sqlite3_value* value);
  std::shared_ptr<const engine::RowFilter> FilterFor(const Request& request);
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
  double farthest_ = 0;
  bool farthest_included_ = true;
  std::optional<int64_t> k_, ef_;
  std::vector<ValuePtr> in_values_;
};

void Cursor::ReadDistance(const PlanStep& step, sqlite3_value* value, Request* request) {
  if (sqlite3_value_type(value) == SQLITE_NULL) {
    request->nothing = true;
    return;
  }
  const int type = sqlite3_value_numeric_type(value);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT)
    return;  // SQLite compares it, by its own rules for types
  const double bound = sqlite3_value_double(value);
  const bool included = step.kind == PlanStep::Kind::kDistanceAtMost;
  if (bound < request->farthest || (bound == request->farthest && !included)) {
    request->farthest = bound;
    request->farthest_included = included;
  }
}

// A bound value has no affinity, while the expression it came from may have had one: `text_column =
// integer_column` compares as numbers. So a number is compared both ways, a text with a column of
// no type too; SQLite, which knows the expression, checks the rows again.
std::string Comparison(const std::string& column, const std::string& comparison,
                       const std::string& value, int type) {
  const std::string plain = column + " " + comparison + " " + value;
  if (column == "id" || comparison == "LIKE" || comparison == "GLOB") return plain;
  if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) {
    return "(" + plain + " OR CAST(" + column + " AS NUMERIC) " + comparison + " " + value + ")";
  }
  if (type == SQLITE_TEXT) {
    return "(" + plain + " OR CAST(" + column + " AS TEXT) " + comparison + " " + value + ")";
  }
  return plain;
}

// A text as JSON; nothing for bytes that JSON cannot hold.
std::optional<nlohmann::json> JsonText(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  nlohmann::json json(std::string(text, static_cast<size_t>(sqlite3_value_bytes(value))));
  if (json.get_ref<const std::string&>().find('\0') != std::string::npos) return std::nullopt;
  try {
    json.dump();
    return json;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

// What sqlite3_vtab_in gives is valid for one step only, so the values are copied: into a JSON
// text, which has no limit of number, or a parameter each for what has no place there.
void Cursor::AddInList(const std::string& column, sqlite3_value* list, Request* request) {
  nlohmann::json numbers = nlohmann::json::array();
  nlohmann::json texts = nlohmann::json::array();
  std::string condition;
  const auto add = [&](const std::string& term) {
    condition += (condition.empty() ? "" : " OR ") + term;
  };
  sqlite3_value* value = nullptr;
  int code = sqlite3_vtab_in_first(list, &value);
  for (; code == SQLITE_OK && value != nullptr; code = sqlite3_vtab_in_next(list, &value)) {
    const int type = sqlite3_value_type(value);
    if (type == SQLITE_NULL) continue;
    if (type == SQLITE_INTEGER) {
      numbers.push_back(sqlite3_value_int64(value));
    } else if (type == SQLITE_FLOAT) {
      numbers.push_back(sqlite3_value_double(value));
    } else if (const auto text = type == SQLITE_TEXT ? JsonText(value) : std::nullopt) {
      texts.push_back(*text);
    } else {
      in_values_.push_back(ValuePtr(sqlite3_value_dup(value)));
      add(Comparison(column, "=", request->Add({in_values_.back().get(), ""}), type));
    }
  }
  if (code != SQLITE_DONE && code != SQLITE_OK) {
    throw SqliteError(code, "the values of an IN list could not be read");
  }
  for (const auto& [values, type] : {std::pair(&numbers, "NUMERIC"), std::pair(&texts, "TEXT")}) {
    if (values->empty()) continue;
    const std::string each =
        " IN (SELECT value FROM json_each(" + request->Add({nullptr, values->dump()}) + "))";
    add(column + each);
    if (column != "id") add("CAST(" + column + " AS " + type + ")" + each);
  }
  if (condition.empty()) {
    request->nothing = true;
  } else {
    AddCondition("(" + condition + ")", request);
  }
}

Request Cursor::Read(std::string_view plan, sqlite3_value** values) {
  Request request;
  for (const PlanStep& step : ReadPlan(plan)) {
    sqlite3_value* const value = *values++;  // one a step, also where the step needs none
    switch (step.kind) {
      case PlanStep::Kind::kMatch:
        request.match = value;
        break;
      case PlanStep::Kind::kK:
        request.k = WholeNumber(value, "k", 0, kMostK);
        break;
      case PlanStep::Kind::kEf:
        request.ef = WholeNumber(value, "ef", 1, kMostK);
        break;
      case PlanStep::Kind::kLimit:
        request.limit = sqlite3_value_int64(value);
        break;
      case PlanStep::Kind::kOffset:
        request.offset = std::max<int64_t>(0, sqlite3_value_int64(value));
        break;
      case PlanStep::Kind::kDistanceBelow:
      case PlanStep::Kind::kDistanceAtMost:
        ReadDistance(step, value, &request);
        break;
      case PlanStep::Kind::kInList:
        AddInList(step.column, value, &request);
        break;
      case PlanStep::Kind::kCondition:
        if (step.comparison.ends_with("NULL")) {
          AddCondition(step.column + " " + step.comparison, &request);
        } else {
          AddCondition(Comparison(step.column, step.comparison, request.Add({value, ""}),
                                  sqlite3_value_type(value)),
                       &request);
        }
        break;
    }
  }
  return request;
}

std::string Cursor::Selected() const {
  std::string selected = "SELECT id";
  for (size_t i = 0; i < table->columns.columns.size(); ++i) {
    const int content = table->columns.ContentIndex(i);
    if (content >= 0) selected += ", c" + std::to_string(content);
  }
  return selected + " FROM " + table->shadow.ContentName();
}

void Cursor::StartScan(const Request& request) {
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

std::shared_ptr<const engine::RowFilter> Cursor::FilterFor(const Request& request) {
  if (request.where.empty()) return nullptr;
  Statement select(table->db(), "SELECT id FROM " + table->shadow.ContentName() + request.where);
  request.BindTo(&select);
  std::vector<int64_t> row_ids;
  while (select.Step()) row_ids.push_back(select.Int(0));
  return std::make_shared<engine::RowFilter>(std::move(row_ids));
}

void Cursor::StartSearch(const Request& request) {
  auto query = QueryVector(request.match);
  if (!query) return;
  most_ = request.k.value_or(std::numeric_limits<int64_t>::max());
  farthest_ = request.farthest;
  farthest_included_ = request.farthest_included;
  uint32_t hint = kHintWithoutLimit;
  if (request.limit && *request.limit >= 0) {
    hint = static_cast<uint32_t>(std::min<int64_t>(
        std::min(*request.limit, kMostK) + std::min(request.offset, kMostK), kMostK));
  }
  if (request.k)
    hint = static_cast<uint32_t>(std::min<int64_t>(*request.k, request.limit ? hint : kMostK));
  const auto ef = static_cast<uint32_t>(request.ef.value_or(table->columns.ef));
  stream_.emplace(table->ViewFor(state_), std::move(*query), hint, ef, FilterFor(request));
}

void Cursor::Filter(bool neighbours, std::string_view plan, sqlite3_value** values) {
  in_values_.clear();
  stream_.reset();
  rows_ = Statement();
  at_end = false;
  given_ = 0;
  state_read_ = false;
  const Request request = Read(plan, values);
  k_ = request.k;
  ef_ = request.ef;
  if (request.nothing || (request.limit == 0 && neighbours)) {
    at_end = true;
    return;
  }
  if (neighbours) {
    state_ = table->shadow.ReadState();
    state_read_ = true;
    StartSearch(request);
  } else {
    StartScan(request);
  }
  Next();
}

void Cursor::Next() {
  row_current_ = false;
  if (rows_.handle() != nullptr) {
    at_end = !rows_.Step();
    if (!at_end) row_id = rows_.Int(0);
    return;
  }
  at_end = true;
  if (!stream_ || given_ >= most_) return;
  const auto found = stream_->Next();
  if (!found || found->distance > farthest_ ||
      (found->distance == farthest_ && !farthest_included_))
    return;
  at_end = false;
  row_id = found->row_id;
  distance_ = found->distance;
  ++given_;
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
  if (sqlite3_vtab_nochange(context)) return;
  if (!state_read_) {
    state_ = table->shadow.ReadState();
    state_read_ = true;
  }
  const auto vector = table->VectorOf(state_, row_id);
  if (vector) ResultVector(context, *vector, table->VectorColumnName());
}

void Cursor::Column(sqlite3_context* context, int column) {
  if (column < table->declared()) {
    const int content = table->columns.ContentIndex(static_cast<size_t>(column));
    if (content < 0) {
      VectorColumn(context);
    } else if (!sqlite3_vtab_nochange(context)) {
      ContentColumn(context, content);
    }
    return;
  }
  const bool searching = stream_.has_value();
  if (column == table->hidden(HiddenColumn::kDistance) && searching)
    sqlite3_result_double(context, distance_);
  if (column == table->hidden(HiddenColumn::kK) && k_) sqlite3_result_int64(context, *k_);
  if (column == table->hidden(HiddenColumn::kEf) && searching) {
    sqlite3_result_int64(context, ef_.value_or(table->columns.ef));
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
    static_cast<Cursor*>(cursor)->Filter(number != 0, plan ? plan : "", values);
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
