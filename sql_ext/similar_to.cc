#include "sql_ext/similar_to.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "sql_ext/guard.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

Example ExampleOf(sqlite3_value* value, const std::string& function) {
  const int type = sqlite3_value_type(value);
  if (type == SQLITE_TEXT) return std::string(TextOf(value));
  if (type == SQLITE_BLOB) {
    if (MadeQueryOf(value)) {
      ThrowInvalid(function +
                   ": expected rowids, texts or vectors, received what similar_to() or " +
                   "hybrid() gives");
    }
    return VectorFromValue(value, function);
  }
  const auto row_id = WholeNumber(value);
  if (!row_id)
    ThrowInvalid(function + ": expected rowids, texts or vectors, received " + Describe(value));
  return *row_id;
}

bool IsNull(sqlite3_value* value) { return sqlite3_value_type(value) == SQLITE_NULL; }

// What unlike() gave; nullopt for any other value.
std::optional<Examples> UnlikeOf(sqlite3_value* value) {
  auto query = MadeQueryOf(value);
  auto* const examples = query ? std::get_if<Examples>(&*query) : nullptr;
  if (examples == nullptr || !examples->likes.empty()) return std::nullopt;
  return std::move(*examples);
}

void SimilarTo(sqlite3_context* context, int count, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    const std::string name = "similar_to()";
    Examples examples;
    for (int i = 0; i < count; ++i) {
      if (IsNull(arguments[i])) return;
      if (auto unlike = UnlikeOf(arguments[i])) {
        std::move(unlike->unlikes.begin(), unlike->unlikes.end(),
                  std::back_inserter(examples.unlikes));
      } else {
        examples.likes.push_back(ExampleOf(arguments[i], name));
      }
    }
    if (examples.likes.empty()) {
      ThrowInvalid(name + ": expected at least one rowid, text or vector to be near to, as in " +
                   "similar_to(17, 23, unlike(40))");
    }
    ResultQuery(context, std::move(examples));
  });
}

void Unlike(sqlite3_context* context, int count, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    Examples examples;
    for (int i = 0; i < count; ++i) {
      if (IsNull(arguments[i])) return;
      examples.unlikes.push_back(ExampleOf(arguments[i], "unlike()"));
    }
    if (examples.unlikes.empty())
      ThrowInvalid("unlike(): expected at least one rowid, text or vector");
    ResultQuery(context, std::move(examples));
  });
}

class QueryMaker {
 public:
  using Read = std::function<std::vector<float>(const Example&)>;
  QueryMaker(Table* table, const TableState& state, const engine::View& view, const Read& read)
      : table_(*table), state_(state), view_(view), read_(read) {}

  std::optional<std::vector<float>> Mean(const std::vector<Example>& examples) {
    std::vector<double> sum(state_.dimension, 0.0);
    for (const auto& example : examples) {
      auto vector = VectorOf(example);
      if (!vector) return std::nullopt;
      if (table_.Vector(state_).metric == index::Metric::kCosine)
        index::Normalize(vector->data(), vector->size());
      for (size_t i = 0; i < sum.size(); ++i) sum[i] += (*vector)[i];
    }
    std::vector<float> mean(sum.size());
    for (size_t i = 0; i < sum.size(); ++i)
      mean[i] = static_cast<float>(sum[i] / static_cast<double>(examples.size()));
    return mean;
  }

  std::vector<int64_t> TakeRows() {
    std::sort(rows_.begin(), rows_.end());
    return std::move(rows_);
  }

 private:
  std::optional<std::vector<float>> VectorOf(const Example& example) {
    const auto* const row = std::get_if<int64_t>(&example);
    if (row == nullptr) return read_(example);
    const int64_t row_id = *row;
    rows_.push_back(row_id);
    std::vector<float> vector(state_.dimension);
    const auto place = view_.Find(row_id);
    // A row of a content table may be gone without a trigger: REPLACE fires none.
    const bool found = place && view_.CopyVector(*place, vector);
    if (found && !table_.columns.content) return vector;
    Statement find(table_.db(), "SELECT 1 FROM " + table_.shadow.ContentName() + " WHERE " +
                                    table_.columns.ContentRowId() + " = ?1");
    find.Bind(1, row_id);
    if (!find.Step()) {
      ThrowInvalid(ErrorKind::kNotFound, "similar_to(): table " + table_.shadow.table() +
                                             " has no row " + std::to_string(row_id));
    }
    if (found) return vector;
    return std::nullopt;
  }

  Table& table_;
  const TableState& state_;
  const engine::View& view_;
  const Read& read_;
  std::vector<int64_t> rows_;
};

}  // namespace

std::optional<ExampleQuery> QueryOf(const Examples& examples, Table* table, const TableState& state,
                                    const engine::View& view,
                                    const std::function<std::vector<float>(const Example&)>& read) {
  if (examples.likes.empty())
    ThrowInvalid(ErrorKind::kQuery,
                 "unlike() goes within similar_to(), as in similar_to(17, unlike(40))");
  QueryMaker maker(table, state, view, read);
  auto query = maker.Mean(examples.likes);
  if (!query) return std::nullopt;
  if (!examples.unlikes.empty()) {
    const auto away = maker.Mean(examples.unlikes);
    if (!away) return std::nullopt;
    for (size_t i = 0; i < query->size(); ++i) (*query)[i] += ((*query)[i] - (*away)[i]) / 2;
  }
  if (table->Vector(state).metric == index::Metric::kCosine &&
      std::all_of(query->begin(), query->end(), [](float x) { return x == 0; })) {
    ThrowInvalid(ErrorKind::kVector,
                 "similar_to(): the examples cancel each other out and leave no direction");
  }
  return ExampleQuery{*std::move(query), maker.TakeRows()};
}

void RegisterSimilarTo(sqlite3* db) {
  RegisterFunction(db, {"similar_to", -1, SQLITE_INNOCUOUS | SQLITE_DETERMINISTIC, SimilarTo});
  RegisterFunction(db, {"unlike", -1, SQLITE_INNOCUOUS | SQLITE_DETERMINISTIC, Unlike});
}

}  // namespace semblance::sql
