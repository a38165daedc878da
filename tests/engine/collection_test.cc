// Versions, the two-store commit seen from the store's side, sealing, reopening, and a long random
// run against a model.
#include "engine/collection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <random>
#include <thread>

#include "engine/error.h"
#include "engine/families.h"
#include "engine/row_codec.h"

namespace semblance::engine {
namespace {

constexpr uint64_t kId = 7;
constexpr uint32_t kDimension = 2;

std::shared_ptr<storage::Store> MemoryStore() {
  storage::OpenOptions options;
  options.families = FamilyNames();
  options.in_memory = true;
  return storage::Store::Open(":memory:", options);
}

class CollectionTest : public testing::Test {
 protected:
  using Rows = std::map<int64_t, std::vector<float>>;

  // A new object over the same store, as a new process has it.
  void Reopen() {
    collection_.reset();
    CollectionOptions options;
    options.metric = index::Metric::kL2;
    options.dimension = kDimension;
    options.max_rows = max_rows_;
    options.max_segment_rows = max_segment_rows_;
    collection_ =
        std::make_shared<Collection>(kId, options, store_, nullptr, std::vector<PreparedCommit>());
  }
  void SetUp() override { Reopen(); }

  // Rows without numbers are deleted.
  void Prepare(const Rows& rows) {
    next_ = collection_->BeginWrite(commit_);
    auto writes = std::make_shared<PendingWrites>(kDimension);
    for (const auto& [row_id, vector] : rows) {
      if (vector.empty()) {
        writes->Delete(row_id);
      } else {
        writes->Put(row_id, vector);
      }
    }
    collection_->Prepare(writes, next_, false);
  }
  void Commit(const Rows& rows) {
    Prepare(rows);
    collection_->CommitPrepared();
    commit_ = next_;
  }
  Rows At(uint64_t commit) {
    Rows rows;
    const View view = collection_->ViewAt(commit, nullptr);
    const std::vector<float> origin(kDimension, 0.0f);
    ViewSearch search;
    search.k = 100000;
    search.exact = true;
    for (const Found& found : view.Search(origin, search)) {
      rows[found.row_id] = collection_->VectorAt(found.row_id, commit).value();
    }
    EXPECT_EQ(view.RowIds().size(), rows.size());
    return rows;
  }
  ErrorKind KindOf(const std::function<void()>& call, std::string* message = nullptr) {
    try {
      call();
    } catch (const Error& error) {
      if (message) *message = error.what();
      return error.kind();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorKind::kIo;
  }

  std::shared_ptr<storage::Store> store_ = MemoryStore();
  std::shared_ptr<Collection> collection_;
  uint64_t commit_ = 0;
  uint64_t next_ = 0;
  uint64_t max_rows_ = CollectionOptions().max_rows;
  uint32_t max_segment_rows_ = CollectionOptions().max_segment_rows;
};

TEST_F(CollectionTest, ShowsACommitToThoseWhoAskForItsNumberOnly) {
  Commit({{1, {1, 0}}, {2, {2, 0}}});
  Prepare({{3, {3, 0}}, {1, {}}});
  EXPECT_EQ(At(1), (Rows{{1, {1, 0}}, {2, {2, 0}}}));
  collection_->CommitPrepared();
  EXPECT_EQ(At(1), (Rows{{1, {1, 0}}, {2, {2, 0}}}));
  EXPECT_EQ(At(2), (Rows{{2, {2, 0}}, {3, {3, 0}}}));
}

TEST_F(CollectionTest, ForgetsWhatIsRolledBack) {
  Commit({{1, {1, 0}}});
  Prepare({{1, {}}, {2, {2, 0}}});
  collection_->RollbackPrepared();
  EXPECT_EQ(At(1), (Rows{{1, {1, 0}}}));
  Commit({{3, {3, 0}}});
  EXPECT_EQ(At(2), (Rows{{1, {1, 0}}, {3, {3, 0}}}));
}

TEST_F(CollectionTest, PreparesACommitAnewAfterSqliteWasBusy) {
  Commit({{1, {1, 0}}});
  Prepare({{2, {2, 0}}});
  Prepare({{2, {2, 5}}, {3, {3, 0}}});
  collection_->CommitPrepared();
  EXPECT_EQ(At(2), (Rows{{1, {1, 0}}, {2, {2, 5}}, {3, {3, 0}}}));
}

// A reader that waited for another process to write used to be refused.
TEST_F(CollectionTest, ShowsOlderCommitsAfterItIsReadAgain) {
  Commit({{1, {1, 0}}, {2, {2, 0}}});
  Commit({{1, {}}, {2, {2, 5}}});
  Commit({{1, {1, 7}}});
  Reopen();
  EXPECT_EQ(At(1), (Rows{{1, {1, 0}}, {2, {2, 0}}}));
  EXPECT_EQ(At(2), (Rows{{2, {2, 5}}}));
  EXPECT_EQ(At(3), (Rows{{1, {1, 7}}, {2, {2, 5}}}));
  Commit({{2, {}}});
  EXPECT_EQ(At(3), (Rows{{1, {1, 7}}, {2, {2, 5}}}));
  EXPECT_EQ(At(4), (Rows{{1, {1, 7}}}));
}

TEST_F(CollectionTest, RefusesAReaderOlderThanWhatOptimizeDropped) {
  Commit({{1, {1, 0}}, {2, {2, 0}}});
  Commit({{1, {}}});
  Commit({{3, {3, 0}}});
  collection_->Optimize({});
  EXPECT_EQ(At(3), (Rows{{2, {2, 0}}, {3, {3, 0}}}));
  EXPECT_EQ(KindOf([&] { collection_->ViewAt(1, nullptr); }), ErrorKind::kSnapshotTooOld);
  EXPECT_EQ(KindOf([&] { collection_->VectorAt(1, 1); }), ErrorKind::kSnapshotTooOld);
}

TEST_F(CollectionTest, AnOptimizeThatIsStoppedSaysSoAndChangesNothing) {
  Commit({{1, {1, 0}}, {2, {2, 0}}});
  Commit({{1, {}}});
  EXPECT_EQ(KindOf([&] { collection_->Optimize([] { return true; }); }), ErrorKind::kInterrupted);
  EXPECT_EQ(At(1), (Rows{{1, {1, 0}}, {2, {2, 0}}}));
  EXPECT_EQ(At(2), (Rows{{2, {2, 0}}}));
}

TEST_F(CollectionTest, RefusesAStoreThatIsBehind) {
  Commit({{1, {1, 0}}});
  std::string message;
  EXPECT_EQ(KindOf([&] { collection_->ViewAt(5, nullptr); }, &message), ErrorKind::kOutOfStep);
  EXPECT_THAT(message, testing::HasSubstr("the database file is at commit 5"));
  EXPECT_THROW(collection_->ViewAt(5, nullptr), OutOfStep);
  EXPECT_THROW(collection_->BeginWrite(5), OutOfStep);
  EXPECT_EQ(KindOf([&] { collection_->BeginWrite(5); }), ErrorKind::kOutOfStep);
}

TEST_F(CollectionTest, UndoesCommitsThatSqliteLost) {
  Commit({{1, {1, 0}}, {2, {2, 0}}});
  Commit({{1, {9, 9}}, {3, {3, 0}}});
  Commit({{2, {}}, {3, {8, 8}}});
  commit_ = 1;  // what SQLite's file says
  Commit({{4, {4, 0}}});
  EXPECT_EQ(At(commit_), (Rows{{1, {1, 0}}, {2, {2, 0}}, {4, {4, 0}}}));
  Reopen();
  EXPECT_EQ(At(commit_), (Rows{{1, {1, 0}}, {2, {2, 0}}, {4, {4, 0}}}));
}

// A number that was given again let who remembered its first owner show that one's rows.
TEST_F(CollectionTest, NeverGivesANumberTwice) {
  Commit({{1, {1, 0}}});
  Commit({{2, {2, 0}}});
  Commit({{3, {3, 0}}});
  commit_ = 1;
  EXPECT_EQ(collection_->BeginWrite(commit_), 4u);
  Commit({{4, {4, 0}}});
  Reopen();
  EXPECT_EQ(At(4), (Rows{{1, {1, 0}}, {4, {4, 0}}}));
  EXPECT_EQ(At(1), (Rows{{1, {1, 0}}}));
  Commit({{5, {5, 0}}});
  commit_ = 4;
  EXPECT_EQ(collection_->BeginWrite(commit_), 6u);
  commit_ = 1;
  EXPECT_EQ(collection_->BeginWrite(commit_), 6u);
}

// A segment that was being made meanwhile used to bring the undone rows back.
TEST_F(CollectionTest, UndoesCommitsOfWhichASegmentIsBeingMade) {
  Rows first, second;
  for (int64_t row = 1; row <= 6000; ++row) first[row] = {static_cast<float>(row), 0};
  for (int64_t row = 5001; row <= 9000; ++row) second[row] = {static_cast<float>(row), 1};
  Commit(first);
  Commit(second);
  std::thread writer;
  const auto begin = [&] {
    if (!writer.joinable()) {
      writer = std::thread([&] { collection_->BeginWrite(1); });
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  };
  collection_->Maintain(begin);
  ASSERT_TRUE(writer.joinable());
  writer.join();
  EXPECT_EQ(At(1), first);
  Reopen();
  EXPECT_EQ(At(1), first);
}

// The newer file comes back after the older one was written to: its rows of then are gone.
TEST_F(CollectionTest, RefusesAFileWhoseCommitItHasUndone) {
  for (int i = 1; i <= 3; ++i) Commit({{i, {1, 0}}});
  commit_ = 1;
  Commit({{4, {4, 0}}});
  Commit({{5, {5, 0}}});
  for (const bool reopened : {false, true}) {
    if (reopened) Reopen();
    for (const uint64_t undone : {2, 3}) {
      std::string message;
      EXPECT_EQ(KindOf([&] { collection_->ViewAt(undone, nullptr); }, &message),
                ErrorKind::kOutOfStep);
      EXPECT_THAT(message, testing::HasSubstr("has undone"));
      EXPECT_EQ(KindOf([&] { collection_->BeginWrite(undone); }), ErrorKind::kOutOfStep);
    }
    EXPECT_EQ(At(commit_).size(), 3u);
  }
}

TEST_F(CollectionTest, AnswersTheSameAfterReopeningWithAndWithoutSegments) {
  Commit({{1, {1, 0}}, {2, {2, 0}}, {-5, {5, 5}}});
  Commit({{2, {}}, {1, {1, 1}}});
  const Rows expected = At(2);
  Reopen();
  EXPECT_EQ(At(2), expected);
  collection_->Optimize({});
  EXPECT_EQ(At(2), expected);
  Commit({{-5, {}}, {6, {6, 6}}});
  const Rows after = At(3);
  Reopen();
  EXPECT_EQ(At(3), after);
  EXPECT_THAT(collection_->Check(3, {1, 6}, Collection::Expect::kVectorEach), testing::IsEmpty());
  EXPECT_THAT(collection_->Check(3, {1, 6, 9}, Collection::Expect::kVectorEach),
              testing::SizeIs(1));
  EXPECT_THAT(collection_->Check(3, {1, 6, 9}, Collection::Expect::kVectorAtMost),
              testing::IsEmpty());
  EXPECT_THAT(collection_->Check(3, {1}, Collection::Expect::kVectorAtMost), testing::SizeIs(1));
}

TEST_F(CollectionTest, RefusesMoreRowsThanItCanHave) {
  max_rows_ = 3;
  Reopen();
  Commit({{1, {1, 0}}, {2, {2, 0}}, {3, {3, 0}}});
  Commit({{1, {1, 1}}, {2, {}}, {5, {5, 0}}});
  EXPECT_EQ(KindOf([&] { Prepare({{6, {6, 0}}}); }), ErrorKind::kTooBig);
  EXPECT_EQ(At(commit_), (Rows{{1, {1, 1}}, {3, {3, 0}}, {5, {5, 0}}}));
  Commit({{6, {6, 0}}, {5, {}}});
  collection_->Optimize({});
  EXPECT_EQ(KindOf([&] { Prepare({{7, {7, 0}}}); }), ErrorKind::kTooBig);
  Collection::Loader loader(collection_.get());
  loader.Add(9, std::vector<float>{1, 1});
  EXPECT_EQ(KindOf([&] { loader.Finish(); }), ErrorKind::kTooBig);
}

TEST_F(CollectionTest, HasSeveralSegmentsWhereOneCannotHoldAllRows) {
  max_segment_rows_ = 10;
  Reopen();
  Rows expected;
  for (int64_t first : {0, 10, 20, 30, 40}) {
    Rows rows;
    for (int64_t row_id = first; row_id < first + 6; ++row_id)
      rows[row_id] = {static_cast<float>(row_id), 1};
    Commit(rows);
    expected.insert(rows.begin(), rows.end());
    collection_->Optimize({});
    EXPECT_EQ(At(commit_), expected);
  }
  EXPECT_THAT(collection_->Stats().segment_sizes, testing::ElementsAre(6, 6, 6, 6, 6));
  Commit({{0, {}}, {1, {}}, {10, {}}, {11, {}}});
  for (int64_t row_id : {0, 1, 10, 11}) expected.erase(row_id);
  Reopen();
  EXPECT_EQ(At(commit_), expected);
  Rows many;
  for (int64_t row_id = 100; row_id < 111; ++row_id) many[row_id] = {0, 1};
  EXPECT_EQ(KindOf([&] { Prepare(many); }), ErrorKind::kTooBig);
}

// It said that it was done, and had done nothing.
TEST_F(CollectionTest, OptimizeThatARewindHasStoppedBeginsAgain) {
  Rows rows;
  for (int64_t row_id = 0; row_id < 2500; ++row_id) rows[row_id] = {static_cast<float>(row_id), 1};
  Commit(rows);
  Commit({{9999, {1, 1}}});
  std::thread rewinder;
  collection_->Optimize([&] {
    if (rewinder.joinable()) return false;
    std::atomic<bool> begun = false;
    rewinder = std::thread([&] {
      begun = true;
      collection_->BeginWrite(1);
    });
    while (!begun) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return false;
  });
  rewinder.join();
  EXPECT_THAT(collection_->Stats().segment_sizes, testing::ElementsAre(2500));
  EXPECT_EQ(collection_->Stats().tail_rows, 0u);
  EXPECT_EQ(At(1), rows);
}

TEST_F(CollectionTest, FallsBackToTheRowsWhenASegmentIsLost) {
  Commit({{1, {1, 0}}, {2, {2, 0}}});
  collection_->Optimize({});
  store_->DeleteBlob(kSegments, SegmentKey(kId, 1, 's'));
  Reopen();
  EXPECT_EQ(At(1), (Rows{{1, {1, 0}}, {2, {2, 0}}}));
  EXPECT_THAT(collection_->Check(1, {1, 2}, Collection::Expect::kVectorEach),
              testing::ElementsAre(testing::HasSubstr("segment 1")));
  collection_->Optimize({});
  EXPECT_THAT(collection_->Check(1, {1, 2}, Collection::Expect::kVectorEach), testing::IsEmpty());
}

TEST_F(CollectionTest, AgreesWithAModelThroughARandomLife) {
  std::mt19937 random(11);
  std::map<uint64_t, Rows> history = {{0, {}}};
  uint64_t oldest = 0;  // that readers may still ask for
  for (int step = 0; step < 250; ++step) {
    Rows change;
    Rows next = history[commit_];
    for (int i = random() % 6; i >= 0; --i) {
      const int64_t row_id = static_cast<int64_t>(random() % 60) - 20;
      if (random() % 3 == 0) {
        change[row_id] = {};
        next.erase(row_id);
      } else {
        change[row_id] = {static_cast<float>(random() % 100), static_cast<float>(step)};
        next[row_id] = change[row_id];
      }
    }
    if (random() % 8 == 0) {
      Prepare(change);
      collection_->RollbackPrepared();
    } else {
      Commit(change);
      history[commit_] = next;
    }
    const uint32_t event = random() % 40;
    if (event == 0) {
      collection_->Optimize({});
      oldest = commit_;
    } else if (event == 1) {
      Reopen();
      oldest = commit_;
    } else if (event == 2 && commit_ > oldest) {
      // SQLite comes back with an older commit.
      const auto from = history.lower_bound(oldest);
      const auto lost = static_cast<uint64_t>(std::distance(from, history.find(commit_)));
      const uint64_t back = std::next(from, static_cast<int64_t>(random() % lost))->first;
      history.erase(history.upper_bound(back), history.end());
      commit_ = back;
      collection_->BeginWrite(commit_);
      oldest = commit_;
    }
    const auto first = history.lower_bound(oldest);
    const auto choices = static_cast<uint64_t>(std::distance(first, history.end()));
    const uint64_t asked = std::next(first, static_cast<int64_t>(random() % choices))->first;
    ASSERT_EQ(At(commit_), history[commit_]) << "step " << step;
    ASSERT_EQ(At(asked), history[asked])
        << "step " << step << " at commit " << asked << " of " << commit_;
  }
}

}  // namespace
}  // namespace semblance::engine
