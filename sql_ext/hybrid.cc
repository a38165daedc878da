#include "sql_ext/hybrid.h"

#include <algorithm>
#include <unordered_map>

#include "sql_ext/guard.h"
#include "sql_ext/made_query.h"
#include "sql_ext/register.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

constexpr double kRankConstant = 60;

Meaning MeaningOf(sqlite3_value* value) {
  if (sqlite3_value_type(value) == SQLITE_TEXT) return std::string(TextOf(value));
  if (auto query = MadeQueryOf(value)) {
    auto* const examples = std::get_if<Examples>(&*query);
    if (examples != nullptr && !examples->likes.empty()) return std::move(*examples);
    ThrowInvalid(
        "hybrid(): the meaning is a text, a vector or similar_to(...), and this is what unlike() or "
        "hybrid() gives");
  }
  if (sqlite3_value_type(value) == SQLITE_BLOB) return VectorFromValue(value, "hybrid()");
  ThrowInvalid("hybrid(): the meaning is a text, a vector or similar_to(...), and this is " +
               Describe(value));
}

void Hybrid(sqlite3_context* context, int count, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    if (count < 1 || count > 3)
      ThrowInvalid("hybrid(): expected hybrid(words, meaning [, weight]), or one text for both");
    for (int i = 0; i < count; ++i) {
      if (sqlite3_value_type(arguments[i]) == SQLITE_NULL) return;
    }
    if (sqlite3_value_type(arguments[0]) != SQLITE_TEXT)
      ThrowInvalid("hybrid(): the words are a TEXT, and this is " + Describe(arguments[0]));
    HybridQuery query;
    query.words = TextOf(arguments[0]);
    query.meaning = MeaningOf(arguments[count > 1 ? 1 : 0]);
    if (count == 3) {
      const int type = sqlite3_value_numeric_type(arguments[2]);
      query.weight = sqlite3_value_double(arguments[2]);
      if ((type != SQLITE_INTEGER && type != SQLITE_FLOAT) || !(query.weight >= 0) ||
          query.weight > 1) {
        ThrowInvalid("hybrid(): the weight of the meaning is a number from 0 to 1, and this is " +
                     Describe(arguments[2]));
      }
    }
    ResultQuery(context, std::move(query));
  });
}

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// FTS5's "a" OR "b": quoted, so that nothing in a word is an operator.
std::string AnyOf(const std::string& words) {
  std::string expression;
  for (size_t i = 0; i < words.size();) {
    if (IsSpace(words[i]) || words[i] == '\0') {
      ++i;
      continue;
    }
    std::string word;
    for (; i < words.size() && !IsSpace(words[i]) && words[i] != '\0'; ++i) word += words[i];
    expression += (expression.empty() ? "" : " OR ") + Quoted(word);
  }
  return expression;
}

}  // namespace

std::vector<int64_t> RowsWithWords(ShadowTables* shadow, size_t vector, const std::string& words,
                                   const std::function<bool(int64_t)>& keep, size_t most) {
  std::vector<int64_t> rows;
  const std::string expression = AnyOf(words);
  if (expression.empty()) return rows;
  Statement find(shadow->db(), "SELECT rowid FROM " + shadow->FtsName(vector) + " WHERE " +
                                   Quoted(shadow->FtsTable(vector)) +
                                   " MATCH ?1 ORDER BY rank, rowid");
  find.Bind(1, std::string_view(expression));
  while (rows.size() < most && find.Step()) {
    if (keep(find.Int(0))) rows.push_back(find.Int(0));
  }
  return rows;
}

std::vector<RankedRow> Fuse(const std::vector<int64_t>& by_words,
                            const std::vector<int64_t>& by_meaning, double weight) {
  std::unordered_map<int64_t, RankedRow> rows;
  for (size_t i = 0; i < by_words.size(); ++i)
    rows[by_words[i]].word_rank = static_cast<int64_t>(i) + 1;
  for (size_t i = 0; i < by_meaning.size(); ++i)
    rows[by_meaning[i]].meaning_rank = static_cast<int64_t>(i) + 1;
  std::vector<RankedRow> fused;
  for (auto& [row_id, row] : rows) {
    double score = 0;
    if (row.word_rank)
      score += (1 - weight) / (kRankConstant + static_cast<double>(*row.word_rank));
    if (row.meaning_rank)
      score += weight / (kRankConstant + static_cast<double>(*row.meaning_rank));
    row.row_id = row_id;
    row.distance = 1 - (kRankConstant + 1) * score;
    if (score > 0) fused.push_back(row);
  }
  std::sort(fused.begin(), fused.end(), [](const RankedRow& a, const RankedRow& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.row_id < b.row_id;
  });
  return fused;
}

void RegisterHybrid(sqlite3* db) {
  RegisterFunction(db, {"hybrid", -1, SQLITE_INNOCUOUS | SQLITE_DETERMINISTIC, Hybrid});
}

}  // namespace semblance::sql
