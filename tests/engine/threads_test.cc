// Many threads on one collection and on one file. Run under ThreadSanitizer too: the segments are
// flat there, since it cannot follow OpenMP's locks in the building of a graph.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/compaction.h"
#include "engine/database.h"
#include "engine/error.h"
#include "engine/file_database.h"
#include "tests/storage/temp_folder.h"

namespace semblance::engine {
namespace {

constexpr uint64_t kId = 11;
constexpr uint32_t kDimension = 2;

#ifdef __SANITIZE_THREAD__
constexpr index::Kind kKind = index::Kind::kFlat;
constexpr uint64_t kCommits = 50;
#else
constexpr index::Kind kKind = index::Kind::kHnsw;
constexpr uint64_t kCommits = 120;  // of 500 rows: the background thread seals and merges
#endif

CollectionOptions Options() {
  CollectionOptions options;
  options.metric = index::Metric::kL2;
  options.dimension = kDimension;
  options.kind = kKind;
  return options;
}

// What is common to all: every row has the number of the commit that wrote it as its vector.
std::shared_ptr<PendingWrites> RowsOf(uint64_t commit, int64_t rows) {
  auto writes = std::make_shared<PendingWrites>(kDimension);
  for (int64_t row = 1; row <= rows; ++row) {
    writes->Put(row, std::vector<float>{static_cast<float>(commit), 0.0f});
  }
  return writes;
}

class Joined {
 public:
  ~Joined() {
    for (std::thread& thread : threads_) thread.join();
  }
  template <typename Call>
  void Start(Call call) {
    threads_.emplace_back(call);
  }

 private:
  std::vector<std::thread> threads_;
};

class ThreadsTest : public ::testing::Test {
 protected:
  static constexpr int64_t kRows = 500;

  std::shared_ptr<Database> database_ = Database::OpenInMemory();
  std::shared_ptr<Collection> collection_ = database_->OpenCollection(kId, Options());
  std::atomic<uint64_t> committed_{0};
  std::atomic<bool> done_{false};
  std::atomic<int> answers_{0};

  void Commit() {
    const uint64_t commit = committed_.load();
    collection_->BeginWrite(commit);
    collection_->Prepare(RowsOf(commit + 1, kRows), commit + 1, false);
    // As SQLite does it: the number is to be read before the store has committed.
    committed_.store(commit + 1);
    collection_->CommitPrepared();
  }

  // One answer of a reader at the newest commit: every row of that commit, and no other.
  void CheckAnswer(bool exact) {
    const uint64_t commit = committed_.load();
    if (commit == 0) return;
    std::vector<Found> found;
    try {
      ViewSearch search;
      search.k = kRows + 10;
      search.ef = kRows + 10;
      search.exact = exact;
      found = collection_->ViewAt(commit, nullptr).Search(std::vector<float>{0.0f, 0.0f}, search);
    } catch (const Error& error) {
      // Optimize keeps no history: a reader that took its number before may come too late.
      ASSERT_EQ(error.kind(), ErrorKind::kSnapshotTooOld) << error.what();
      return;
    }
    ASSERT_EQ(found.size(), static_cast<size_t>(kRows)) << "at commit " << commit;
    for (const Found& row : found) {
      ASSERT_EQ(row.distance, static_cast<float>(commit)) << "row " << row.row_id;
    }
    ++answers_;
  }
};

// SQLite's lock is held by then: who waited here kept everybody from writing.
TEST_F(ThreadsTest, AWriterThatShallStandBackMayBeginToWrite) {
  for (int i = 0; i < 2; ++i) {
    const uint64_t commit = committed_.load();
    collection_->BeginWrite(commit);
    collection_->Prepare(RowsOf(commit + 1, kSearchedSealWrites + 1000), commit + 1, false);
    committed_.store(commit + 1);
    collection_->NoteSearch();
    collection_->CommitPrepared();
  }
  EXPECT_EQ(collection_->BeginWrite(2), 3u);
  collection_->NoteSearch();
  EXPECT_GT(collection_->NextWrite(), Pace::Clock::now());
}

TEST_F(ThreadsTest, ReadersSeeWholeCommitsWhileRowsAreWrittenSealedAndMerged) {
  {
    Joined threads;
    for (int reader = 0; reader < 3; ++reader) {
      threads.Start([&] {
        while (!done_.load() && !HasFailure()) CheckAnswer(/*exact=*/true);
      });
    }
    threads.Start([&] {
      while (!done_.load()) {
        try {
          collection_->Optimize([&] { return done_.load(); });
        } catch (const Error& error) {
          EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    });
    for (uint64_t i = 0; i < kCommits && !HasFailure(); ++i) Commit();
    done_.store(true);
  }
  EXPECT_GT(answers_.load(), 0);
  std::vector<int64_t> rows;
  for (int64_t row = 1; row <= kRows; ++row) rows.push_back(row);
  EXPECT_EQ(collection_->Check(kCommits, rows, Collection::Expect::kVectorEach),
            std::vector<std::string>());
}

TEST_F(ThreadsTest, ManyReadersLoadACollectionOnce) {
  Commit();
  auto again = std::make_shared<Collection>(
      kId + 1, Options(), std::shared_ptr<storage::Store>(database_, &database_->store()), nullptr,
      std::vector<PreparedCommit>());
  Collection::Loader loader(again.get());
  for (int64_t row = 1; row <= kRows; ++row) loader.Add(row, std::vector<float>{1.0f, 0.0f});
  loader.Finish();
  collection_ = database_->OpenCollection(kId + 1, Options());
  {
    Joined threads;
    for (int reader = 0; reader < 4; ++reader) {
      threads.Start([this] { CheckAnswer(true); });
    }
  }
  EXPECT_EQ(answers_.load(), 4);
}

// A file's Database is opened by the first and closed by the last of those who use it.
TEST(DatabaseThreadsTest, ThreadsThatOpenAndCloseAFileFindWhatOthersCommitted) {
  storage::TempFolder folder;
  const std::string file = folder / "notes.db";
  std::mutex sqlite;  // its write lock
  uint64_t commit = 0;
  {
    Joined threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.Start([&, thread] {
        for (int round = 0; round < 15; ++round) {
          const auto database = FileDatabase::Of(file)->Use(FileDatabase::Create::kYes);
          const auto collection = database->OpenCollection(kId, Options());
          const std::lock_guard lock(sqlite);
          collection->BeginWrite(commit);
          auto writes = std::make_shared<PendingWrites>(kDimension);
          writes->Put(thread * 100 + round, std::vector<float>{1.0f, 2.0f});
          collection->Prepare(writes, commit + 1, false);
          collection->CommitPrepared();
          ++commit;
          ASSERT_EQ(collection->ViewAt(commit, nullptr).VisibleCount(), commit);
        }
      });
    }
  }
  const auto database = FileDatabase::Of(file)->Use(FileDatabase::Create::kNo);
  ASSERT_NE(database, nullptr);
  EXPECT_EQ(database->OpenCollection(kId, Options())->ViewAt(60, nullptr).RowIds().size(), 60u);
}

TEST(DatabaseThreadsTest, AFileThatIsClosedWhileItIsSealedLosesNothing) {
  storage::TempFolder folder;
  constexpr int64_t kRows = 9000;  // each commit is enough to seal
  std::vector<int64_t> rows;
  for (int64_t row = 1; row <= kRows; ++row) rows.push_back(row);
  for (uint64_t commit = 0; commit < 6; ++commit) {
    const auto database = FileDatabase::Of(folder / "notes.db")->Use(FileDatabase::Create::kYes);
    const auto collection = database->OpenCollection(kId, Options());
    if (commit > 0) {
      EXPECT_EQ(collection->Check(commit, rows, Collection::Expect::kVectorEach),
                std::vector<std::string>());
    }
    collection->BeginWrite(commit);
    collection->Prepare(RowsOf(commit + 1, kRows), commit + 1, false);
    collection->CommitPrepared();
    std::this_thread::sleep_for(std::chrono::milliseconds(3 * commit));
  }
}

}  // namespace
}  // namespace semblance::engine
