// Thousands of random statements, asked of a virtual table and of an ordinary one that compares
// every row: random_query.h says what the right answer is.
//
// SEMBLANCE_SEED and SEMBLANCE_QUERIES in the environment make another run of it; a failure prints
// the seed and both statements.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/sql/random_query.h"
#include "tests/sql/script.h"
#include "tests/sql/test_connection.h"
#include "tests/sql/twin_tables.h"

namespace semblance::test {
namespace {

using Rows = std::vector<std::string>;

constexpr double kTolerance = 2e-6;  // of distances, which are 32-bit floats in the virtual table
constexpr int64_t kQueries = 5000;   // of all worlds together

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoll(text, nullptr, 10);
}

std::string Listed(const Rows& rows) {
  std::string text;
  for (const std::string& row : rows) text += "    " + row + "\n";
  return text.empty() ? "    (no rows)\n" : text;
}

bool Same(Rows ours, Rows theirs, bool ordered) {
  if (!ordered) {
    std::sort(ours.begin(), ours.end());
    std::sort(theirs.begin(), theirs.end());
  }
  return std::equal(
      ours.begin(), ours.end(), theirs.begin(), theirs.end(),
      [](const std::string& a, const std::string& b) { return SameRow(a, b, kTolerance); });
}

struct World {
  const char* metric;
  const char* index;  // name of it
  int64_t rows;
  int share;            // of the queries, of 100
  const char* options;  // of the table; exact, or it would differ
};

void PrintTo(const World& world, std::ostream* out) {
  *out << world.metric << "_" << world.index << "_" << world.rows;
}

class Differential : public testing::TestWithParam<World> {
 protected:
  Differential()
      : seed_(static_cast<uint64_t>(FromEnvironment("SEMBLANCE_SEED", 20240229))),
        dice_(seed_),
        connection_(folder_.File("twins.db")),
        tables_(&connection_, Options(), &dice_) {
    RecordProperty("seed", std::to_string(seed_));
  }

  static TwinOptions Options() {
    TwinOptions options;
    options.metric = GetParam().metric;
    options.index = GetParam().options;
    options.rows = GetParam().rows;
    options.partition = GetParam().share % 4 == 0;
    return options;
  }

  // Both answers to one statement.
  void Check(const QueryPair& query) {
    Rows ours, theirs;
    std::string error;
    try {
      theirs = connection_.Rows(query.theirs);
      ours = connection_.Rows(query.ours);
    } catch (const SqlError& failure) {
      error = failure.what();
    }
    ASSERT_EQ(error, "") << "\n  " << query.ours << "\n  " << query.theirs;
    ASSERT_TRUE(Same(ours, theirs, query.ordered))
        << "seed " << seed_ << (connection_.InTransaction() ? ", in a transaction" : "") << "\n  "
        << query.ours << "\n"
        << Listed(ours) << "  " << query.theirs << "\n"
        << Listed(theirs) << "  plan:\n"
        << Listed(connection_.Rows("EXPLAIN QUERY PLAN " + query.ours));
  }

  // Some changes, committed or not, with savepoints that are kept or rolled back.
  void ChangeSomething() {
    if (!connection_.InTransaction()) {
      if (dice_.OneIn(4)) connection_.Rows("INSERT INTO t(t) VALUES ('optimize')");
      connection_.Rows(dice_.OneIn(2) ? "BEGIN" : "SAVEPOINT whole");
    }
    for (int64_t i = dice_.Between(1, 4); i > 0; --i) ASSERT_EQ(tables_.RandomChange(), "");
    connection_.Rows("SAVEPOINT part");
    for (int64_t i = dice_.Between(1, 3); i > 0; --i) ASSERT_EQ(tables_.RandomChange(), "");
    connection_.Rows(dice_.OneIn(2) ? "RELEASE part" : "ROLLBACK TO part");
    if (dice_.OneIn(2)) connection_.Rows(dice_.OneIn(3) ? "ROLLBACK" : "COMMIT");
    ASSERT_EQ(tables_.Compare(), "");
  }

  const uint64_t seed_;
  Dice dice_;
  TempFolder folder_;
  TestConnection connection_;
  TwinTables tables_;
};

TEST_P(Differential, EveryStatementGivesWhatAnExactComparisonGives) {
  const int64_t count = FromEnvironment("SEMBLANCE_QUERIES", kQueries) * GetParam().share / 100;
  std::cout << "seed " << seed_ << ", " << count << " statements\n";
  connection_.Rows("INSERT INTO t(t) VALUES ('optimize')");
  RandomQuery queries(&tables_, &dice_);
  for (int64_t i = 0; i < count && !HasFatalFailure(); ++i) {
    if (i % 25 == 24) ChangeSomething();
    if (!HasFatalFailure()) Check(queries.Next());
  }
  if (HasFatalFailure()) return;
  if (connection_.InTransaction()) connection_.Rows("COMMIT");
  connection_.Rows("INSERT INTO t(t) VALUES ('integrity-check')");
}

// With an oversample as large as the table every row is measured in full.
constexpr const char* kF16 = "index=flat, quantization=f16, oversample=1000";
constexpr const char* kSq8 = "index=hnsw, quantization=sq8, oversample=1000";
// As many probes as there can be lists look into all of them.
constexpr const char* kIvf = "index=ivf, nprobe=65536";
constexpr const char* kIvfSq8 = "index=ivf, nprobe=65536, quantization=sq8, oversample=1000";
constexpr const char* kIvfF16 = "index=ivf, nlist=9, nprobe=9, quantization=f16, oversample=1000";
constexpr const char* kIvfPq = "index=ivf, nprobe=65536, quantization=pq, oversample=1000";
constexpr const char* kBinary = "index=flat, quantization=binary, oversample=1000";

INSTANTIATE_TEST_SUITE_P(
    Worlds, Differential,
    testing::Values(
        World{"l2", "flat", 60, 16, "index=flat"}, World{"ip", "flat", 60, 12, "index=flat"},
        World{"cosine", "flat", 60, 12, "index=flat"}, World{"l2", "hnsw", 60, 10, "index=hnsw"},
        World{"ip", "hnsw", 60, 8, "index=hnsw"}, World{"cosine", "hnsw", 60, 6, "index=hnsw"},
        World{"l2", "hnsw", 2400, 4, "index=hnsw"}, World{"ip", "hnsw", 2400, 4, "index=hnsw"},
        World{"cosine", "hnsw", 2400, 4, "index=hnsw"}, World{"l2", "f16", 60, 8, kF16},
        World{"ip", "sq8", 60, 6, kSq8}, World{"cosine", "binary", 60, 6, kBinary},
        World{"l2", "binary", 60, 4, kBinary}, World{"l2", "ivf", 2400, 4, kIvfSq8},
        World{"ip", "ivf", 2400, 4, kIvf}, World{"cosine", "ivf", 2400, 4, kIvfF16},
        World{"l2", "pq", 2400, 2, kIvfPq}),
    [](const auto& tested) {
      return std::string(tested.param.metric) + "_" + tested.param.index + "_" +
             std::to_string(tested.param.rows);
    });

}  // namespace
}  // namespace semblance::test
