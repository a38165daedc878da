#include "sql_ext/similar_to.h"

#include <algorithm>
#include <memory>
#include <string>

#include "sql_ext/guard.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

constexpr char kSimilarTo[] = "semblance similar_to";
constexpr char kUnlike[] = "semblance unlike";

const Examples* Pointed(sqlite3_value* value, const char* type) {
  return static_cast<const Examples*>(sqlite3_value_pointer(value, type));
}

void FreeExamples(void* examples) { delete static_cast<Examples*>(examples); }

void Give(sqlite3_context* context, Examples examples, const char* type) {
  sqlite3_result_pointer(context, new Examples(std::move(examples)), type, FreeExamples);
}

ValuePtr Example(sqlite3_value* value, const std::string& function) {
  if (sqlite3_value_type(value) == SQLITE_FLOAT && !WholeNumber(value)) {
    ThrowInvalid(function + ": expected rowids, texts or vectors, received " + Describe(value));
  }
  return CopyOf(value);
}

bool IsNull(sqlite3_value* value) { return sqlite3_value_type(value) == SQLITE_NULL; }

void SimilarTo(sqlite3_context* context, int count, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    const std::string name = "similar_to()";
    Examples examples;
    for (int i = 0; i < count; ++i) {
      if (const Examples* unlike = Pointed(arguments[i], kUnlike)) {
        examples.unlikes.insert(examples.unlikes.end(), unlike->unlikes.begin(),
                                unlike->unlikes.end());
      } else if (IsNull(arguments[i])) {
        return;
      } else {
        examples.likes.push_back(Example(arguments[i], name));
      }
    }
    if (examples.likes.empty()) {
      ThrowInvalid(name + ": expected at least one rowid, text or vector to be near to, as in " +
                   "similar_to(17, 23, unlike(40))");
    }
    Give(context, std::move(examples), kSimilarTo);
  });
}

void Unlike(sqlite3_context* context, int count, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    Examples examples;
    for (int i = 0; i < count; ++i) {
      if (IsNull(arguments[i])) return;
      examples.unlikes.push_back(Example(arguments[i], "unlike()"));
    }
    if (examples.unlikes.empty())
      ThrowInvalid("unlike(): expected at least one rowid, text or vector");
    Give(context, std::move(examples), kUnlike);
  });
}

class QueryMaker {
 public:
  using Read = std::function<std::optional<std::vector<float>>(sqlite3_value*)>;
  QueryMaker(Table* table, const TableState& state, const engine::View& view, const Read& read)
      : table_(*table), state_(state), view_(view), read_(read) {}

  std::optional<std::vector<float>> Mean(const std::vector<ValuePtr>& examples) {
    std::vector<double> sum(state_.dimension, 0.0);
    for (const auto& example : examples) {
      auto vector = VectorOf(example.get());
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
  std::optional<std::vector<float>> VectorOf(sqlite3_value* example) {
    const int type = sqlite3_value_type(example);
    if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) return read_(example);
    const int64_t row_id = WholeNumber(example).value();
    rows_.push_back(row_id);
    std::vector<float> vector(state_.dimension);
    const auto place = view_.Find(row_id);
    if (place && view_.CopyVector(*place, vector)) return vector;
    Statement find(table_.db(), "SELECT 1 FROM " + table_.shadow.ContentName() + " WHERE " +
                                    table_.columns.ContentRowId() + " = ?1");
    find.Bind(1, row_id);
    if (!find.Step()) {
      ThrowInvalid(ErrorKind::kNotFound, "similar_to(): table " + table_.shadow.table() +
                                             " has no row " + std::to_string(row_id));
    }
    return std::nullopt;
  }

  Table& table_;
  const TableState& state_;
  const engine::View& view_;
  const Read& read_;
  std::vector<int64_t> rows_;
};

}  // namespace

const Examples* ExamplesOf(sqlite3_value* value) { return Pointed(value, kSimilarTo); }

void RefuseUnlike(sqlite3_value* value) {
  if (Pointed(value, kUnlike) != nullptr)
    ThrowInvalid(ErrorKind::kQuery,
                 "unlike() goes within similar_to(), as in similar_to(17, unlike(40))");
}

std::optional<ExampleQuery> QueryOf(
    const Examples& examples, Table* table, const TableState& state, const engine::View& view,
    const std::function<std::optional<std::vector<float>>(sqlite3_value*)>& read) {
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
  RegisterFunction(db, {"similar_to", -1, SQLITE_INNOCUOUS, SimilarTo});
  RegisterFunction(db, {"unlike", -1, SQLITE_INNOCUOUS, Unlike});
}

}  // namespace semblance::sql
