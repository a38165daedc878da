// rank, score, diversity and hybrid(), against what a plain evaluation of their definitions gives,
// for random queries, conditions and k. SEMBLANCE_SEED makes another run of it.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/sql/script.h"
#include "tests/sql/test_connection.h"
#include "tests/sql/twin_tables.h"

namespace semblance::test {
namespace {

using Rows = std::vector<std::string>;
using Vector = std::vector<double>;

constexpr double kTolerance = 2e-6;

uint64_t Seed() {
  const char* const seed = std::getenv("SEMBLANCE_SEED");
  return seed == nullptr ? 4711 : std::strtoull(seed, nullptr, 10);
}

std::vector<std::string> Split(const std::string& row) {
  std::vector<std::string> columns;
  std::istringstream stream(row);
  for (std::string column; std::getline(stream, column, '|');) columns.push_back(column);
  return columns;
}

Vector FromJson(const std::string& json) { return nlohmann::json::parse(json).get<Vector>(); }

double Dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// By the definitions of docs/reference/columns.md.
double ScoreOf(const std::string& metric, const Vector& a, const Vector& b) {
  if (metric == "ip") return Dot(a, b);
  if (metric == "cosine") return Dot(a, b) / std::sqrt(Dot(a, a) * Dot(b, b));
  double squares = 0;
  for (size_t i = 0; i < a.size(); ++i) squares += (a[i] - b[i]) * (a[i] - b[i]);
  return 1 / (1 + std::sqrt(squares));
}

std::string Condition(Dice* dice) {
  constexpr const char* kConditions[] = {"1",
                                         "n >= 4",
                                         "tag IN ('a', 'b', '05')",
                                         "n < 8",
                                         "r BETWEEN 2 AND 6",
                                         "tag LIKE 'A%'",
                                         "n IS NULL",
                                         "rowid > 20"};
  return dice->Of(kConditions);
}

class Ranked : public testing::TestWithParam<const char*> {
 protected:
  Ranked()
      : dice_(Seed()),
        connection_(folder_.File("ranked.db")),
        tables_(&connection_, TwinOptions{GetParam(), "hnsw", false, 150, 72}, &dice_) {}

  // The rows that may come, nearest first, of the plain table: id, vector.
  std::vector<std::pair<std::string, Vector>> Candidates(const std::string& query,
                                                         const std::string& condition,
                                                         int64_t most) {
    std::vector<std::pair<std::string, Vector>> candidates;
    for (const std::string& row : connection_.Rows(
             "SELECT id, vec_to_json(v) FROM o WHERE v IS NOT NULL AND (" + condition +
             ") ORDER BY " + tables_.Distance("v", query) + ", id LIMIT " + std::to_string(most)))
      candidates.emplace_back(Split(row)[0], FromJson(Split(row)[1]));
    return candidates;
  }

  Dice dice_;
  TempFolder folder_;
  TestConnection connection_;
  TwinTables tables_;
};

TEST_P(Ranked, RankAndScoreAreThoseOfAPlainSort) {
  const std::string metric = GetParam();
  for (int i = 0; i < 300; ++i) {
    const std::string query = tables_.QueryVector();
    const std::string condition = Condition(&dice_);
    const std::string k = std::to_string(dice_.Between(1, 40));
    const std::string distance = tables_.Distance("v", query);
    const std::string score = metric == "cosine" ? "1 - " + distance
                              : metric == "ip"   ? "-" + distance
                                                 : "1 / (1 + " + distance + ")";
    const std::string plain = "SELECT id, row_number() OVER (ORDER BY " + distance + ", id), " +
                              score + ", " + distance + " FROM o WHERE v IS NOT NULL AND (" +
                              condition + ") ORDER BY " + distance + ", id LIMIT " + k;
    constexpr const char* kOrders[] = {"", " ORDER BY rank", " ORDER BY distance, rowid",
                                       " ORDER BY score DESC, rowid"};
    const std::string ours = "SELECT rowid, rank, score, distance FROM t WHERE v MATCH " + query +
                             " AND k = " + k + " AND (" + condition + ")" + dice_.Of(kOrders);
    const Rows expected = connection_.Rows(plain), received = connection_.Rows(ours);
    ASSERT_TRUE(std::equal(
        expected.begin(), expected.end(), received.begin(), received.end(),
        [](const std::string& a, const std::string& b) { return SameRow(a, b, kTolerance); }))
        << ours << "\n"
        << plain;
  }
}

// Each row is one with the largest (1 - diversity) * score - diversity * largest score beside a
// chosen one.
TEST_P(Ranked, ADiverseSearchChoosesAsItsDefinitionSays) {
  for (int i = 0; i < 150; ++i) {
    const std::string query = tables_.QueryVector();
    const Vector at = FromJson(connection_.Value("SELECT vec_to_json(" + query + ")"));
    const std::string condition = i % 2 == 0 ? "1" : "n >= 4";
    const int64_t k = dice_.Between(1, 25);
    const double diversity = static_cast<double>(dice_.Between(1, 20)) / 20;
    const std::string ours = "SELECT rowid, rank FROM t WHERE v MATCH " + query +
                             " AND k = " + std::to_string(k) + " AND (" + condition +
                             ") AND diversity = " + std::to_string(diversity) + " ORDER BY rank";
    auto left = Candidates(query, condition, std::max<int64_t>(4 * k, 64));
    const Rows received = connection_.Rows(ours);
    ASSERT_EQ(received.size(), std::min(static_cast<size_t>(k), left.size())) << ours;
    std::vector<Vector> chosen;
    for (const std::string& row : received) {
      ASSERT_EQ(Split(row)[1], std::to_string(chosen.size() + 1)) << ours;
      double best = -1e300, own = -1e300;
      size_t place = left.size();
      for (size_t c = 0; c < left.size(); ++c) {
        double nearest = 0;
        for (size_t j = 0; j < chosen.size(); ++j) {
          const double score = ScoreOf(GetParam(), left[c].second, chosen[j]);
          nearest = j == 0 ? score : std::max(nearest, score);
        }
        const double value =
            (1 - diversity) * ScoreOf(GetParam(), left[c].second, at) - diversity * nearest;
        best = std::max(best, value);
        if (left[c].first == Split(row)[0]) {
          own = value;
          place = c;
        }
      }
      ASSERT_LT(place, left.size()) << "row " << row << " is none of the candidates of " << ours;
      ASSERT_GE(own, best - 1e-5) << "row " << row << " of " << ours;
      chosen.push_back(left[place].second);
      left.erase(left.begin() + static_cast<ptrdiff_t>(place));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Metrics, Ranked, testing::Values("l2", "ip", "cosine"),
                         [](const auto& tested) { return std::string(tested.param); });

class RankedHybrid : public testing::Test {
 protected:
  RankedHybrid() : dice_(Seed()), connection_(folder_.File("hybrid.db")) {
    connection_.Rows(
        "CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED fts=porter, n INTEGER);"
        "CREATE TABLE plain(id INTEGER PRIMARY KEY, body TEXT, n INTEGER, v BLOB);"
        "CREATE VIRTUAL TABLE words USING fts5(body, tokenize='porter unicode61')");
    connection_.Rows("BEGIN");
    for (int id = 1; id <= 90; ++id) {
      const std::string values = std::to_string(id) + ", '" + Text(dice_.Between(2, 7)) + "', ";
      connection_.Rows("INSERT INTO notes(rowid, body, n) VALUES (" + values +
                       std::to_string(id % 10) + ")");
    }
    connection_.Rows(
        "COMMIT; INSERT INTO plain SELECT rowid, body, n, embed(body) FROM notes;"
        "INSERT INTO words(rowid, body) SELECT id, body FROM plain;");
  }

  std::string Text(int64_t count) {
    constexpr const char* kWords[] = {"violin", "plays",  "gold",   "price", "dogs",  "running",
                                      "snow",   "market", "singer", "bread", "baked", "falls"};
    std::string text;
    for (; count > 0; --count) text += (text.empty() ? "" : " ") + std::string(dice_.Of(kWords));
    return text;
  }
  static std::string AnyOf(const std::string& words) {
    std::string any;
    for (std::istringstream split(words); !split.eof();) {
      std::string word;
      split >> word;
      any += (any.empty() ? "\"" : " OR \"") + word + "\"";
    }
    return any;
  }
  // Ranks from 1, by id.
  std::map<std::string, double> Ranking(const std::string& sql) {
    std::map<std::string, double> ranks;
    for (const std::string& id : connection_.Rows(sql))
      ranks[id] = static_cast<double>(ranks.size() + 1);
    return ranks;
  }

  Dice dice_;
  TempFolder folder_;
  TestConnection connection_;
};

TEST_F(RankedHybrid, IsTheFusionOfBothRankings) {
  for (int i = 0; i < 150; ++i) {
    const std::string words = Text(dice_.Between(1, 3)), meaning = Text(dice_.Between(1, 3));
    const double weight = static_cast<double>(dice_.Between(0, 10)) / 10;
    const int64_t k = dice_.Between(1, 30);
    const std::string least = std::to_string(dice_.Between(0, 6));
    const std::string ours =
        "SELECT rowid, rank, score, distance, coalesce(word_rank, 0), coalesce(meaning_rank, 0) "
        "FROM notes WHERE body MATCH hybrid('" +
        words + "', '" + meaning + "', " + std::to_string(weight) + ") AND n >= " + least +
        " AND k = " + std::to_string(k);
    const auto by_words = Ranking(
        "SELECT words.rowid FROM words JOIN plain ON plain.id = words.rowid WHERE words MATCH '" +
        AnyOf(words) + "' AND n >= " + least + " ORDER BY bm25(words), words.rowid");
    const auto by_meaning =
        Ranking("SELECT id FROM plain WHERE n >= " + least +
                " ORDER BY vec_distance_cosine(v, embed('" + meaning + "')), id");
    std::vector<std::pair<double, int64_t>> fused;  // minus the score, id
    for (const auto& [id, rank] : by_meaning) {
      const auto word = by_words.find(id);
      const double score = 61 * (weight / (60 + rank) +
                                 (word == by_words.end() ? 0 : (1 - weight) / (60 + word->second)));
      if (score > 0) fused.emplace_back(-score, std::stoll(id));
    }
    std::sort(fused.begin(), fused.end());
    const Rows received = connection_.Rows(ours);
    ASSERT_EQ(received.size(), std::min(static_cast<size_t>(k), fused.size())) << ours;
    for (size_t r = 0; r < received.size(); ++r) {
      const auto row = Split(received[r]);
      const auto word = by_words.find(row[0]);
      EXPECT_EQ(row[1], std::to_string(r + 1)) << ours;
      EXPECT_NEAR(std::stod(row[2]), -fused[r].first, 1e-9) << ours;
      EXPECT_NEAR(std::stod(row[2]) + std::stod(row[3]), 1, 1e-12) << ours;
      EXPECT_EQ(std::stod(row[4]), word == by_words.end() ? 0 : word->second) << ours;
      ASSERT_EQ(row[0], std::to_string(fused[r].second)) << ours << "\n" << received[r];
    }
  }
}

}  // namespace
}  // namespace semblance::test
