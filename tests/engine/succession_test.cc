// What a process keeps in memory of a store that another one writes, and goes on from: every answer
// is that of a collection that was loaded from the store.
#include <gmock/gmock.h>

#include <atomic>
#include <optional>

#include "engine/row_codec.h"
#include "tests/engine/foreign_store.h"

namespace semblance::engine {
namespace {

using testing::Contains;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr uint64_t kId = 5;
constexpr uint32_t kDimension = 16;

struct Variant {
  index::Kind kind = index::Kind::kHnsw;
  index::Quantization quantization = index::Quantization::kNone;
};

CollectionOptions OptionsOf(Variant variant) {
  CollectionOptions options;
  options.metric = index::Metric::kL2;
  options.dimension = kDimension;
  options.kind = variant.kind;
  options.quantization = variant.quantization;
  return options;
}

// Ids and distances of the rows near to 40, or the kind of the error.
using Answer = std::pair<std::vector<std::pair<int64_t, float>>, std::optional<ErrorKind>>;

Answer AnswerOf(const View& view, bool exact) {
  std::vector<float> query(kDimension, 0.0f);
  query[0] = 40.25f;
  ViewSearch search;
  search.k = exact ? 100000 : 20;
  search.ef = 400;
  search.exact = exact;
  Answer answer;
  for (const Found& found : view.Search(query, search))
    answer.first.emplace_back(found.row_id, found.distance);
  return answer;
}

Answer AnswerAt(Collection* collection, uint64_t commit, bool exact = true) {
  try {
    return AnswerOf(collection->ViewAt(commit, nullptr), exact);
  } catch (const Error& error) {
    return {{}, error.kind()};
  }
}

class Succession {
 public:
  explicit Succession(Variant variant = {})
      : options_(OptionsOf(variant)), writer_(kId, options_), file_(folder_ / "notes.db") {
    writer_.Open(Folder());
  }

  std::string Folder() const { return FileDatabase::FolderOf(file_); }
  // As this process reads it while the other one has the store.
  std::shared_ptr<Collection> Read(uint64_t id = kId) {
    const auto database = here_->UseToRead(FileDatabase::Touch::kYes, FileDatabase::Look::kNow);
    return database->OpenCollection(id, options_);
  }
  // Of the folder, in this process.
  size_t OpenFiles() const {
    size_t count = 0;
    for (const auto& file : fs::directory_iterator("/proc/self/fd")) {
      std::error_code closed;
      count += fs::read_symlink(file.path(), closed).string().starts_with(Folder());
    }
    return count;
  }
  // From the store, by somebody who knows nothing.
  std::shared_ptr<Collection> Fresh(uint64_t id = kId) const {
    return Database::Over(storage::Store::Open(Folder(), StoreOptions(true)))
        ->OpenCollection(id, options_);
  }
  // That answers are those of a fresh load, at all commits that has; how many segments were loaded.
  uint64_t Compare(const std::string& when, uint64_t id = kId) {
    return Compare(Read(id), when, id);
  }
  uint64_t Compare(const std::shared_ptr<Collection>& read, const std::string& when,
                   uint64_t id = kId) {
    const auto fresh = Fresh(id);
    for (uint64_t commit = writer_.commit(); commit > 0; --commit) {
      const Answer expected = AnswerAt(fresh.get(), commit);
      if (expected.second) break;  // the other one may know more
      EXPECT_EQ(AnswerAt(read.get(), commit), expected) << when << ", at " << commit;
    }
    EXPECT_EQ(AnswerAt(read.get(), writer_.commit(), false),
              AnswerAt(fresh.get(), writer_.commit(), false))
        << when;
    return read->Stats().loaded_segments;
  }

  const CollectionOptions options_;
  ForeignWriter writer_;
  storage::TempFolder folder_;
  const std::string file_;
  const std::shared_ptr<FileDatabase> here_ = FileDatabase::Of(file_);
};

class SuccessionTest : public testing::TestWithParam<Variant>, protected Succession {
 protected:
  SuccessionTest() : Succession(GetParam()) {}
};

TEST_P(SuccessionTest, AForeignCommitIsReadWithoutItsSegments) {
  writer_.PutMany(1, 3000);
  writer_.Optimize();
  EXPECT_EQ(Compare("at first"), 1u);
  for (int round = 0; round < 2; ++round) {
    writer_.Put(4000 + round, 40.0f);
    EXPECT_EQ(Compare("after an insertion"), 0u);
    writer_.Put(40 + round, 3.0f);
    EXPECT_EQ(Compare("after an update of a row in a segment"), 0u);
    writer_.Put(4000 + round, 39.5f);
    writer_.Delete(50 + round);
    EXPECT_EQ(Compare("after two commits"), 0u);
    writer_.Delete(4000 + round);
    EXPECT_EQ(Compare("after a deletion from the newest rows"), 0u);
  }
}

TEST_P(SuccessionTest, AForeignSealIsReadWithoutTheSegmentsThatAreKnown) {
  writer_.PutMany(1, 3000);
  writer_.Optimize();
  EXPECT_EQ(Compare("at first"), 1u);
  writer_.Delete(41);
  writer_.PutMany(5000, 9000, 0.5f);
  writer_.Put(42, 3);
  EXPECT_EQ(Compare("before it is sealed"), 0u);
  writer_.Seal();
  writer_.Put(43, 40.5f);
  EXPECT_EQ(Compare("after it was sealed"), 1u);
  EXPECT_EQ(Read()->Stats().segment_sizes.size(), 2u);
  writer_.Put(44, 40.125f);
  EXPECT_EQ(Compare("after a commit"), 0u);
  writer_.Optimize();
  EXPECT_EQ(Compare("after an optimization"), 1u);
}

TEST_P(SuccessionTest, AReaderOfAnOlderCommitStillGetsItsAnswer) {
  writer_.PutMany(1, 3000);
  writer_.Optimize();
  writer_.PutMany(100, 20, 0.25f);
  const uint64_t then = writer_.commit();
  const auto before = Read();
  const View view = before->ViewAt(then, nullptr);
  const Answer expected = AnswerOf(view, true);
  for (int64_t row = 30; row < 40; ++row) {
    writer_.Put(row, 7);
    writer_.Put(100 + row % 20, 40.5f);
    EXPECT_EQ(Read()->Stats().loaded_segments, 0u);
    EXPECT_EQ(AnswerAt(Read().get(), then), expected) << "by who asks again";
    EXPECT_EQ(AnswerOf(view, true), expected) << "by who has asked";
    EXPECT_EQ(AnswerAt(before.get(), then), expected);
  }
}

// A segment that reads its vectors there would hold each of them.
TEST_P(SuccessionTest, StoresThatNobodyReadsAreClosed) {
  writer_.PutMany(1, 3000);
  writer_.Optimize();
  size_t before = 0;
  for (int64_t round = 0; round < 6; ++round) {
    writer_.Put(40 + round, 7);
    AnswerAt(Read().get(), writer_.commit());
    const size_t files = OpenFiles();
    if (round > 1) EXPECT_EQ(files, before);
    before = files;
  }
}

// Two processes write in turns.
TEST_P(SuccessionTest, WhoGetsTheStoreBackReadsNoSegmentAgain) {
  writer_.PutMany(1, 3000);
  writer_.Optimize();
  writer_.Close();
  for (int turn = 0; turn < 2; ++turn) {
    {
      const auto database = here_->Use(FileDatabase::Create::kNo);
      const auto collection = database->OpenCollection(kId, options_);
      writer_.By(collection);
      EXPECT_EQ(Compare(collection, "with the store"), turn == 0 ? 1u : 0u);
      writer_.Put(40 + turn, 9);
      writer_.Put(4000 + turn, 40);
      writer_.Delete(4001 + turn);
      writer_.Close();
    }
    writer_.Ask(Folder());
    EXPECT_EQ(Compare("beside the other"), 0u);
    writer_.Put(4001 + turn, 40.5f);
    EXPECT_EQ(Compare("after its commit"), 0u);
    writer_.Close();
  }
  const auto database = here_->Use(FileDatabase::Create::kNo);
  const auto collection = database->OpenCollection(kId, options_);
  collection->Optimize(NeverCancel);
  EXPECT_EQ(Compare(collection, "after an optimization"), 0u);
}

INSTANTIATE_TEST_SUITE_P(Variants, SuccessionTest,
                         testing::Values(Variant{index::Kind::kHnsw, index::Quantization::kNone},
                                         Variant{index::Kind::kHnsw, index::Quantization::kSq8},
                                         Variant{index::Kind::kIvf, index::Quantization::kNone},
                                         Variant{index::Kind::kIvf, index::Quantization::kPq}),
                         [](const auto& of) {
                           return std::string(index::KindName(of.param.kind)) + "_" +
                                  std::string(index::QuantizationName(of.param.quantization));
                         });

class SuccessionOfGraphsTest : public testing::Test, protected Succession {};

TEST_F(SuccessionOfGraphsTest, AFewRowsWithoutASegmentAreGoneOnFrom) {
  for (int64_t row = 30; row < 60; ++row) {
    writer_.Put(row, static_cast<float>(row));
    if (row % 4 == 0) writer_.Delete(row - 2);
    Compare("after a commit");
  }
  writer_.Optimize();
  EXPECT_EQ(Compare("after it was sealed"), 1u);
}

// A manifest that was undone, too: the number of the segment is given again.
TEST_F(SuccessionOfGraphsTest, ACommitThatWasUndoneIsNotGoneOnFrom) {
  writer_.PutMany(1, 10);
  writer_.PutMany(1000, 9000);
  writer_.Seal();
  writer_.PutMany(20, 10);
  EXPECT_EQ(Compare("at first"), 1u);
  writer_.GoBackTo(writer_.commit() - 1);
  writer_.Put(40, 40);
  EXPECT_EQ(Compare("after one was undone"), 1u);
  writer_.GoBackTo(1);
  writer_.PutMany(50, 9000, 0.5f);
  writer_.Seal();
  EXPECT_EQ(Compare("after the segment was undone"), 1u);
  EXPECT_THAT(Read()->Stats().segment_sizes, testing::ElementsAre(9010));
}

TEST_F(SuccessionOfGraphsTest, ARebuildIsReadFromTheStore) {
  writer_.PutMany(1, 3000);
  writer_.Optimize();
  Compare("at first");
  writer_.SetId(kId + 1);
  Collection::Loader loader(writer_.collection());
  for (int64_t row = 1; row <= 3000; ++row)
    loader.Add(row, writer_.Vector(static_cast<float>(row) + 0.5f));
  loader.Finish();
  writer_.Optimize();
  writer_.GoBackTo(1);
  EXPECT_EQ(Compare("after a rebuild", kId + 1), 1u);
  writer_.Put(7, 40);
  EXPECT_EQ(Compare("after a commit", kId + 1), 0u);
}

// A copy has the same ids, and its commits the same numbers.
TEST_F(SuccessionOfGraphsTest, AFolderThatACopyTookThePlaceOfIsReadAnew) {
  enum class Replaced { kFolder, kFiles };
  const std::string copy = folder_ / "copy";
  for (const Replaced how : {Replaced::kFolder, Replaced::kFiles}) {
    writer_.PutMany(1, 3000);
    writer_.Optimize();
    const uint64_t then = writer_.commit();
    writer_.Close();
    fs::copy(Folder(), copy, fs::copy_options::recursive);
    writer_.Open(Folder());
    writer_.Put(40, 1);
    Compare("before");
    Read();
    EXPECT_TRUE(here_->Remembered(kId, writer_.commit()));
    writer_.Close();
    if (how == Replaced::kFolder) {
      fs::remove_all(Folder());
    } else {
      for (const auto& file : fs::directory_iterator(Folder())) fs::remove(file.path());
    }
    fs::copy(copy, Folder(), fs::copy_options::recursive);
    fs::remove_all(copy);
    writer_.GoBackTo(then);
    writer_.Open(Folder());
    writer_.Put(41, 2);
    EXPECT_FALSE(here_->Remembered(kId, writer_.commit()));
    EXPECT_EQ(Compare("after"), 1u);
  }
}

// The folder and its IDENTITY stay, as where a program puts back only files that differ: commits of
// the same numbers are others.
TEST_F(SuccessionOfGraphsTest, AnEarlierStateThatWasPutBackIsNotGoneOnFrom) {
  writer_.Put(1, 10);
  writer_.Close();
  const fs::path kept = folder_ / "kept";
  fs::copy(Folder(), kept);
  for (int more : {0, 1, 2}) {  // commits than there were before
    writer_.Open(Folder());
    writer_.GoBackTo(1);
    writer_.Put(2, 20);
    writer_.Put(3, 30);
    Compare("before");
    writer_.Close();
    for (const auto& file : fs::directory_iterator(Folder())) {
      if (file.path().filename() != "IDENTITY") fs::remove(file);
    }
    for (const auto& file : fs::directory_iterator(kept)) {
      if (file.path().filename() != "IDENTITY")
        fs::copy(file, fs::path(Folder()) / file.path().filename());
    }
    writer_.Open(Folder());
    writer_.GoBackTo(1);
    for (int row = 7; row < 9 + more; ++row) writer_.Put(row, static_cast<float>(10 * row));
    Compare("with other commits");
    writer_.Close();
  }
}

TEST_F(SuccessionOfGraphsTest, WhatIsInterruptedBeginsAgain) {
  writer_.PutMany(1, 3000);
  writer_.Optimize();
  writer_.PutMany(100, 100, 0.5f);
  Compare("at first");
  writer_.PutMany(30, 700, 0.25f);
  writer_.PutMany(40, 700, 0.125f);
  const auto read = Read();
  for (const int stop : {1, 3, 5}) {
    int polls = 0;
    EXPECT_EQ(KindThrownBy([&] {
                read->ViewAt(writer_.commit(), nullptr, [&] { return ++polls == stop; });
              }),
              ErrorKind::kInterrupted);
  }
  EXPECT_EQ(Compare(read, "after it was interrupted"), 0u);
  writer_.PutMany(50, 700, 0.5f);
  const auto next = Read();
  EXPECT_EQ(KindThrownBy([&] { next->ViewAt(writer_.commit(), nullptr, [] { return true; }); }),
            ErrorKind::kInterrupted);
  writer_.Put(41, 40);
  EXPECT_EQ(Compare("by another one"), 0u);
}

// Or a check would not say that they are damaged.
TEST_F(SuccessionOfGraphsTest, RowsThatWereReadInPlaceOfDamagedSegmentsAreNotGoneOnFrom) {
  writer_.PutMany(1, 3000);
  writer_.Optimize();
  writer_.Close();
  {
    const auto store = storage::Store::Open(Folder(), StoreOptions(false));
    store->DeleteBlob(kSegments, SegmentKey(kId, 1, 's'));
  }
  writer_.Open(Folder());
  for (int64_t row = 40; row < 43; ++row) {
    writer_.Put(row, 7);
    Compare("without its segment");
    EXPECT_THAT(Read()->Check(writer_.commit(), {}, Collection::Expect::kVectorAtMost),
                Contains(HasSubstr("segment 1 of collection")));
  }
}

// It was remembered, to be answered from, with the store that its vectors could be read from.
TEST(SuccessionOfListsTest, WhatIsRememberedKeepsNoStoreOpen) {
  for (const index::Quantization quantization :
       {index::Quantization::kNone, index::Quantization::kPq}) {
    Succession of({index::Kind::kIvf, quantization});
    of.writer_.PutMany(1, 3000);
    of.writer_.Optimize();
    of.writer_.Close();
    AnswerAt(of.here_->Use(FileDatabase::Create::kNo)->OpenCollection(kId, of.options_).get(),
             of.writer_.commit());
    EXPECT_NE(AskForStore(of.Folder()), nullptr);
  }
}

TEST_F(SuccessionOfGraphsTest, ReadersOfTheOldStateGoOnWhileTheNewOneIsMade) {
  writer_.PutMany(1, 3000);
  writer_.Optimize();
  writer_.PutMany(100, 20, 0.25f);
  const uint64_t then = writer_.commit();
  const auto before = Read();
  const Answer expected = AnswerAt(before.get(), then);
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) EXPECT_EQ(AnswerAt(before.get(), then), expected);
  });
  for (int64_t row = 30; row < 50; ++row) {
    writer_.Put(row, 7);
    writer_.PutMany(2000 + row, 30, 0.5f);
    EXPECT_EQ(Compare("beside a reader"), 0u);
  }
  done = true;
  reader.join();
}

}  // namespace
}  // namespace semblance::engine
