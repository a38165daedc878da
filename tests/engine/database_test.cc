#include "engine/database.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "engine/families.h"
#include "engine/file_database.h"
#include "engine/row_codec.h"
#include "tests/engine/sample_collection.h"
#include "tests/storage/temp_folder.h"

namespace semblance::engine {
namespace {

CollectionOptions OneDimension() {
  CollectionOptions options;
  options.metric = index::Metric::kL2;
  options.dimension = 1;
  return options;
}

class DatabaseTest : public testing::Test {
 protected:
  std::shared_ptr<Database> Open() {
    return FileDatabase::Of(file_)->Use(FileDatabase::Create::kYes);
  }

  // One row in a collection that this object or an earlier one of the file made.
  // Its commit is this one, or what it gives.
  static uint64_t PutRow(Database* database, uint64_t id, uint64_t commit) {
    const auto collection = database->OpenCollection(id, OneDimension());
    const uint64_t number = collection->BeginWrite(commit - 1);
    auto writes = std::make_shared<PendingWrites>(1);
    writes->Put(static_cast<int64_t>(commit), std::vector<float>{1.0f});
    collection->Prepare(writes, number, false);
    collection->CommitPrepared();
    return number;
  }
  static size_t StoredRows(Database* database, uint64_t id) {
    size_t rows = 0;
    for (auto cursor = database->store().Scan(kRows, CollectionPrefix(id)); cursor->Valid();
         cursor->Next()) {
      ++rows;
    }
    return rows;
  }

  storage::TempFolder folder_;
  const std::string file_ = folder_ / "notes.db";
};

TEST_F(DatabaseTest, OnlyWhoWritesMakesTheFolder) {
  EXPECT_EQ(FileDatabase::Of(file_)->Use(FileDatabase::Create::kNo), nullptr);
  EXPECT_FALSE(std::filesystem::exists(FileDatabase::FolderOf(file_)));
  EXPECT_NE(Open(), nullptr);
  EXPECT_TRUE(std::filesystem::exists(FileDatabase::FolderOf(file_)));
  EXPECT_NE(FileDatabase::Of(file_)->Use(FileDatabase::Create::kNo), nullptr);
}

TEST_F(DatabaseTest, ConnectionsToOneFileShareOneObject) {
  const auto first = Open();
  EXPECT_EQ(Open(), first);
  EXPECT_NE(FileDatabase::Of(folder_ / "other.db")->Use(FileDatabase::Create::kYes), first);
  EXPECT_NE(Database::OpenInMemory(), Database::OpenInMemory());
}

TEST_F(DatabaseTest, AFolderThatWasRemovedAndMadeAgainIsAnotherOne) {
  auto first = Open();
  PutRow(first.get(), 5, 1);
  std::filesystem::remove_all(FileDatabase::FolderOf(file_));
  first.reset();
  EXPECT_EQ(StoredRows(Open().get(), 5), 0u);
}

TEST_F(DatabaseTest, ACollectionIsOneObjectUntilItIsForgotten) {
  const auto database = Open();
  const auto collection = database->OpenCollection(5, OneDimension());
  EXPECT_EQ(database->OpenCollection(5, OneDimension()), collection);
  EXPECT_NE(database->OpenCollection(6, OneDimension()), collection);
  database->Forget(5);
  EXPECT_NE(database->OpenCollection(5, OneDimension()), collection);
}

TEST_F(DatabaseTest, CollectionsThatNoTableNamesAreRemovedOnce) {
  {
    const auto database = Open();
    for (uint64_t id : {5, 6, 7}) PutRow(database.get(), id, 1);
  }
  const auto database = Open();
  PutRow(database.get(), 7, 2);  // in use, whatever the caller says
  EXPECT_TRUE(database->NeedsGarbageCollection());
  database->CollectGarbage({5});
  EXPECT_FALSE(database->NeedsGarbageCollection());
  EXPECT_EQ(StoredRows(database.get(), 5), 1u);
  EXPECT_EQ(StoredRows(database.get(), 6), 0u);
  EXPECT_EQ(StoredRows(database.get(), 7), 2u);
  database->CollectGarbage({});
  EXPECT_EQ(StoredRows(database.get(), 5), 1u) << "it works once";
}

// What a killed process left prepared belongs to the collection of its name.
TEST_F(DatabaseTest, APreparedCommitIsSettledByTheNumberThatSqliteHas) {
  for (const bool sqlite_has_it : {true, false}) {
    const uint64_t id = sqlite_has_it ? 5 : 6;
    {
      const auto database = Open();
      PutRow(database.get(), id, 1);
      const auto collection = database->OpenCollection(id, OneDimension());
      collection->BeginWrite(1);
      auto writes = std::make_shared<PendingWrites>(1);
      writes->Put(2, std::vector<float>{2.0f});
      collection->Prepare(writes, 2, true);
    }
    const auto database = Open();
    const auto collection = database->OpenCollection(id, OneDimension());
    const uint64_t commit = sqlite_has_it ? 2 : 1;
    collection->BeginWrite(commit);
    EXPECT_EQ(collection->ViewAt(commit, nullptr).RowIds().size(), commit);
    EXPECT_EQ(StoredRows(database.get(), id), commit);
    EXPECT_EQ(collection->BeginWrite(commit), 3u) << "2 may have been in a file that was replaced";
  }
}

// It was told that the database was damaged.
TEST_F(DatabaseTest, AReaderOfVectorsThatWereReplacedMeanwhileIsToldToAskAgain) {
  const auto store = MemoryStore();
  {
    const auto database = Database::Over(store);
    PutRow(database.get(), 5, 1);
    PutRow(database.get(), 6, 1);
  }
  const auto database = Database::Over(store);
  database->CollectGarbage({6});
  EXPECT_EQ(KindThrownBy([&] { database->OpenCollection(5, OneDimension())->ViewAt(1, nullptr); }),
            ErrorKind::kSnapshotTooOld);
  EXPECT_EQ(database->OpenCollection(6, OneDimension())->ViewAt(1, nullptr).RowIds().size(), 1u);
}

// An older copy of a database file may name again what was removed, from its beginning: rows that
// were committed then could not be read after the next opening.
TEST_F(DatabaseTest, ACollectionThatIsBegunAgainIsThereAgain) {
  const auto store = MemoryStore();
  PutRow(Database::Over(store).get(), 5, 1);
  Database::Over(store)->CollectGarbage({6});
  const uint64_t commit = PutRow(Database::Over(store).get(), 5, 1);
  EXPECT_EQ(commit, 2u) << "1 was another one";
  const auto database = Database::Over(store);
  const auto collection = database->OpenCollection(5, OneDimension());
  EXPECT_EQ(collection->ViewAt(commit, nullptr).RowIds().size(), 1u);
  EXPECT_THROW(collection->ViewAt(1, nullptr), OutOfStep);
}

// Who loads rows and goes at once leaves no graph; and leaves no log of all of them to be read.
TEST_F(DatabaseTest, ABulkLoadIsReadFromASegmentByTheNextProcess) {
  constexpr int64_t kRows = 20000;
  CollectionOptions options = OneDimension();
  options.kind = index::Kind::kHnsw;
  const auto store = MemoryStore();
  {
    const auto database = Database::Over(store);
    const auto collection = database->OpenCollection(5, options);
    collection->BeginWrite(0);
    auto writes = std::make_shared<PendingWrites>(1);
    for (int64_t row = 0; row < kRows; ++row)
      writes->Put(row, std::vector<float>{static_cast<float>(row)});
    collection->Prepare(writes, 1, false);
    collection->CommitPrepared();
  }
  const auto reopened =
      std::make_shared<Collection>(5, options, store, nullptr, std::vector<PreparedCommit>());
  const CollectionStats stats = reopened->Stats();
  EXPECT_EQ(stats.tail_rows, 0u);
  EXPECT_EQ(stats.segment_sizes, (std::vector<uint64_t>{kRows}));
  const auto found = reopened->ViewAt(1, nullptr).RowIds();
  EXPECT_EQ(found.size(), static_cast<size_t>(kRows));
  // The graph is made when there is time.
  EXPECT_TRUE(reopened->Maintain(NeverCancel));
  EXPECT_FALSE(reopened->Maintain(NeverCancel));
  EXPECT_EQ(reopened->LoadedState()->segments[0]->segment().kind(), index::Kind::kHnsw);
}

}  // namespace
}  // namespace semblance::engine
