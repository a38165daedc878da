// A process killed at any moment leaves text, vectors and index on the same side of its last
// commit.
//
// Each test keeps one database and goes round: a victim writes and dies, the test opens the
// database again, compares all of it with what it must hold, and closes it for the next victim.
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <thread>

#include "tests/crash/victim.h"
#include "tests/crash/workload.h"
#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized =
    true;  // a victim starts some ten times slower, and the points are the same
#else
constexpr bool kSanitized = false;
#endif
constexpr int kKillsInACommit = kSanitized ? 5 : 100;  // at each point, in each journal mode
constexpr int kKillsInASeal = kSanitized ? 3 : 20;
constexpr int kKillsAtRandomMoments = kSanitized ? 4 : 30;
constexpr int kKillsOfTexts = kSanitized ? 2 : 12;

// What must have become of the transaction that the victim was committing.
enum class Fate { kAbsent, kPresent, kEither };

class CrashTest : public ::testing::Test {
 protected:
  void Create(const std::string& journal_mode, Content content = Content::kVectors) {
    plan_.file = folder_.File(journal_mode + (content == Content::kTexts ? "-texts.db" : ".db"));
    plan_.journal_mode = journal_mode;
    plan_.content = content;
    plan_.transactions = 12;
    rows_.clear();
    TestConnection connection(plan_.file);
    connection.Rows("PRAGMA journal_mode = " + journal_mode);
    connection.Rows(CreateTableSql(content));
  }

  // Lets one victim die at a crash point and checks what it leaves.
  void KillAt(const std::string& point, uint64_t seed, Fate fate) {
    SCOPED_TRACE(point + ", " + plan_.journal_mode + ", seed " + std::to_string(seed));
    plan_.seed = seed;
    Victim victim(plan_, point);
    const Death death = victim.AwaitDeath();
    ASSERT_EQ(death.complaint, "");
    ASSERT_TRUE(death.killed) << "the crash point was not reached in " << death.acknowledged
                              << " commits";
    Settle(death.acknowledged, fate);
  }

  void KillAfter(std::chrono::microseconds delay, uint64_t seed) {
    SCOPED_TRACE(std::to_string(delay.count()) + " us, " + plan_.journal_mode + ", seed " +
                 std::to_string(seed));
    plan_.seed = seed;
    Victim victim(plan_, "");
    victim.AwaitReady();
    std::this_thread::sleep_for(delay);
    victim.Kill();
    const Death death = victim.AwaitDeath();
    ASSERT_EQ(death.complaint, "");
    ASSERT_TRUE(death.killed);
    Settle(death.acknowledged, Fate::kEither);
  }

  // Brings rows_ to what the database must hold now, and compares.
  void Settle(int acknowledged, Fate fate) {
    for (int i = 0; i < acknowledged; ++i) {
      Apply(MakeTransaction(plan_.content, plan_.seed, static_cast<uint64_t>(i)), &rows_);
    }
    Rows with_the_last = rows_;
    Apply(MakeTransaction(plan_.content, plan_.seed, static_cast<uint64_t>(acknowledged)),
          &with_the_last);
    TestConnection connection(plan_.file);
    const bool present = Shown(with_the_last) == connection.Rows(SelectAll());
    if (fate == Fate::kPresent || (fate == Fate::kEither && present)) rows_ = with_the_last;
    ASSERT_EQ(connection.Rows(SelectAll()), Shown(rows_));
    ASSERT_EQ(connection.ErrorOf("INSERT INTO t(t) VALUES('integrity-check')"), "");
    ASSERT_EQ(connection.Value("PRAGMA integrity_check"), "ok");
    if (plan_.content == Content::kVectors) {
      CheckVectorSearch(&connection);
    } else {
      CheckTextSearch(&connection);
    }
  }

  std::string SelectAll() const {
    return plan_.content == Content::kVectors ? "SELECT rowid, tag, v FROM t ORDER BY rowid"
                                              : "SELECT rowid, tag, body FROM t ORDER BY rowid";
  }

  std::vector<std::string> Shown(const Rows& rows) const {
    std::vector<std::string> lines;
    for (const auto& [row_id, row] : rows) {
      const std::string content = plan_.content == Content::kVectors
                                      ? row.content
                                      : row.content.substr(1, row.content.size() - 2);
      lines.push_back(std::to_string(row_id) + "|" + row.tag + "|" + content);
    }
    return lines;
  }

  void CheckVectorSearch(TestConnection* connection) {
    const std::string query = MakeTransaction(Content::kVectors, plan_.seed + 1, 0)[0].row.content;
    ASSERT_EQ(
        connection->Rows("SELECT rowid FROM t WHERE v MATCH " + query + " AND k = 1000"),
        connection->Rows("SELECT rowid FROM t ORDER BY vec_distance_l2(v, " + query + "), rowid"));
    // The second column has a collection of its own, and the same vectors.
    ASSERT_EQ(connection->Value("SELECT count(*) FROM t WHERE w IS NOT v"), "0");
    ASSERT_EQ(connection->Rows("SELECT rowid, distance FROM t WHERE w MATCH " + query),
              connection->Rows("SELECT rowid, distance FROM t WHERE v MATCH " + query));
  }

  void CheckTextSearch(TestConnection* connection) {
    const std::string query = MakeTransaction(Content::kTexts, plan_.seed + 1, 0)[0].row.content;
    ASSERT_EQ(
        connection->Value(
            "SELECT count(*) FROM (SELECT rowid, body, distance FROM t WHERE body MATCH " + query +
            " AND k = 1000) WHERE abs(distance - 1 + similarity(body, " + query + ")) < 1e-3"),
        std::to_string(rows_.size()));
  }

  TempFolder folder_;
  VictimPlan plan_;
  Rows rows_;
};

struct Point {
  const char* name;
  Fate fate;
};
std::string NameOf(const ::testing::TestParamInfo<Point>& info) {
  std::string name;
  for (char c : std::string(info.param.name)) name += c == ':' || c == '-' ? '_' : c;
  return name;
}
void PrintTo(const Point& point, std::ostream* out) { *out << point.name; }

class CommitCrashTest : public CrashTest, public ::testing::WithParamInterface<Point> {};

TEST_P(CommitCrashTest, LeavesTheTransactionWhollyThereOrWhollyAbsent) {
  for (const char* journal_mode : {"delete", "wal"}) {
    Create(journal_mode);
    plan_.optimize_every = 3;
    for (uint64_t kill = 0; kill < kKillsInACommit; ++kill) {
      const std::string nth = ":" + std::to_string(1 + kill % 5);
      ASSERT_NO_FATAL_FAILURE(KillAt(GetParam().name + nth, kill, GetParam().fate));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Points, CommitCrashTest,
                         ::testing::Values(Point{"commit:before-prepare", Fate::kAbsent},
                                           Point{"commit:prepared", Fate::kAbsent},
                                           Point{"commit:in-sqlite", Fate::kPresent},
                                           Point{"commit:committed", Fate::kPresent},
                                           Point{"commit:published", Fate::kPresent}),
                         NameOf);

class SealCrashTest : public CrashTest, public ::testing::WithParamInterface<Point> {};

// Optimize comes between two transactions: none is on its way.
TEST_P(SealCrashTest, LosesNothingThatWasCommitted) {
  for (const char* journal_mode : {"delete", "wal"}) {
    Create(journal_mode);
    plan_.optimize_every = 2;
    for (uint64_t kill = 0; kill < kKillsInASeal; ++kill) {
      const std::string nth = ":" + std::to_string(1 + kill % 3);
      ASSERT_NO_FATAL_FAILURE(KillAt(GetParam().name + nth, kill, GetParam().fate));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Points, SealCrashTest,
                         ::testing::Values(Point{"seal:built", Fate::kAbsent},
                                           Point{"seal:saved", Fate::kAbsent},
                                           Point{"seal:manifest", Fate::kAbsent},
                                           Point{"seal:published", Fate::kAbsent},
                                           Point{"seal:cleaned", Fate::kAbsent}),
                         NameOf);

TEST_F(CrashTest, AKillAtARandomMomentLeavesEverythingAcknowledged) {
  std::mt19937_64 rng(20);
  for (const char* journal_mode : {"delete", "wal"}) {
    Create(journal_mode);
    plan_.transactions = 1000000;
    plan_.optimize_every = 5;
    for (uint64_t kill = 0; kill < kKillsAtRandomMoments / 2; ++kill) {
      ASSERT_NO_FATAL_FAILURE(KillAfter(std::chrono::microseconds(rng() % 30000), kill));
    }
  }
}

TEST_F(CrashTest, ATextTableAgreesWithItsVectorsAfterKillsAtEveryKindOfPoint) {
  const Point points[] = {
      {"commit:before-prepare", Fate::kAbsent}, {"commit:prepared", Fate::kAbsent},
      {"commit:in-sqlite", Fate::kPresent},     {"commit:committed", Fate::kPresent},
      {"commit:published", Fate::kPresent},     {"seal:saved", Fate::kAbsent},
      {"seal:manifest", Fate::kAbsent},         {"seal:published", Fate::kAbsent}};
  std::mt19937_64 rng(21);
  Create("wal", Content::kTexts);
  plan_.optimize_every = 2;
  for (uint64_t kill = 0; kill < kKillsOfTexts; ++kill) {
    const Point& point = points[rng() % std::size(points)];
    ASSERT_NO_FATAL_FAILURE(
        KillAt(point.name + std::string(":") + std::to_string(1 + rng() % 3), kill, point.fate));
  }
}

}  // namespace
}  // namespace semblance::test
