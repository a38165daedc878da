#include "sql_ext/train_query.h"

#include <string_view>

#include "sql_ext/guard.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

// Throws unless nothing but space and comments follows the first statement.
void CheckNothingFollows(sqlite3* db, const char* tail, const std::string& what) {
  while (*tail != '\0') {
    sqlite3_stmt* next = nullptr;
    const char* rest = tail;
    const int code = sqlite3_prepare_v2(db, tail, -1, &next, &rest);
    sqlite3_finalize(next);
    if (code != SQLITE_OK || next != nullptr) {
      ThrowInvalid(what + " must be a single SELECT; more follows after it: " +
                   std::string(std::string_view(tail).substr(0, 60)));
    }
    if (rest == tail) return;
    tail = rest;
  }
}

}  // namespace

ReadOnlyQuery::ReadOnlyQuery(sqlite3* db, const std::string& sql, const std::string& what,
                             int least, int most)
    : db_(db), what_(what) {
  const char* tail = nullptr;
  if (sqlite3_prepare_v3(db, sql.c_str(), -1, 0, &statement_, &tail) != SQLITE_OK) {
    ThrowLastError(db, what);
  }
  try {
    if (statement_ == nullptr) Refuse("is empty; expected a SELECT");
    columns_ = sqlite3_column_count(statement_);
    if (sqlite3_stmt_readonly(statement_) == 0) Refuse("must be a SELECT that only reads");
    if (columns_ < least || columns_ > most) {
      Refuse("must give " +
             (least == most ? std::to_string(least)
                            : std::to_string(least) + " to " + std::to_string(most)) +
             " columns, and gives " + std::to_string(columns_));
    }
    if (sqlite3_bind_parameter_count(statement_) > 0) {
      Refuse("must not have parameters; write the values into it");
    }
    CheckNothingFollows(db, tail, what);
  } catch (...) {
    sqlite3_finalize(statement_);
    throw;
  }
}

void ReadOnlyQuery::Refuse(const std::string& why) const { ThrowInvalid(what_ + " " + why); }

bool ReadOnlyQuery::Step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) {
    ++row_;
    return true;
  }
  if (code != SQLITE_DONE) ThrowLastError(db_, what_);
  sqlite3_reset(statement_);
  return false;
}

std::string ReadOnlyQuery::Text(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_BLOB) {
    Refuse("must give text; row " + std::to_string(row_) + ", column " +
           std::to_string(column + 1) + " is " + Describe(Value(column)));
  }
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return "";
  return {text, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

QueryRows::QueryRows(sqlite3* db, const std::string& sql, bool tagged)
    : query_(db, sql, tagged ? "the training query with \"tags\"" : "the training query",
             tagged ? 4 : 1, tagged ? 5 : 3),
      tagged_(tagged) {}

bool QueryRows::Next(std::vector<std::string>* row) {
  try {
    while (query_.Step()) {
      bool whole = true;
      row->resize(static_cast<size_t>(query_.columns()));
      for (int i = 0; i < query_.columns(); ++i) {
        (*row)[static_cast<size_t>(i)] = query_.Text(i);
        whole = whole && (i >= columns() || !(*row)[static_cast<size_t>(i)].empty());
      }
      if (whole) return true;
    }
    return false;
  } catch (...) {
    failure_ = std::current_exception();
    throw;
  }
}

std::vector<training::ScoredPair> ReadScoredPairs(sqlite3* db, const std::string& sql) {
  ReadOnlyQuery query(db, sql, "the dev query", 3, 3);
  std::vector<training::ScoredPair> pairs;
  while (query.Step()) {
    training::ScoredPair pair{query.Text(0), query.Text(1), 0};
    sqlite3_value* const score = query.Value(2);
    if (pair.a.empty() || pair.b.empty() || sqlite3_value_type(score) == SQLITE_NULL) continue;
    const int type = sqlite3_value_numeric_type(score);
    if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) {
      ThrowInvalid("the dev query must give a number as its third column, not " + Describe(score));
    }
    pair.score = sqlite3_value_double(score);
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

std::vector<training::TaggedPair> ReadTaggedPairs(sqlite3* db, const std::string& sql) {
  ReadOnlyQuery query(db, sql, "the query of \"eval_pairs\"", 2, 4);
  const bool tagged = query.columns() == 4;
  std::vector<training::TaggedPair> pairs;
  if (query.columns() == 3) {
    ThrowInvalid(
        "the query of \"eval_pairs\" must give a, b, or a, b, tag of a, tag of b, and gives 3 "
        "columns");
  }
  while (query.Step()) {
    training::TaggedPair pair{query.Text(0), query.Text(1), tagged ? query.Text(2) : "",
                              tagged ? query.Text(3) : ""};
    if (!pair.a.empty() && !pair.b.empty()) pairs.push_back(std::move(pair));
  }
  if (pairs.empty()) ThrowInvalid("the query of \"eval_pairs\" gives no pair of texts");
  return pairs;
}

}  // namespace semblance::sql
