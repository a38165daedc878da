#include "engine/pending_writes.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace semblance::engine {
namespace {

using Values = std::map<int64_t, float>;  // NaN-free: -1 stands for a deletion

class PendingWritesTest : public ::testing::Test {
 protected:
  void Put(int64_t row_id, float x) { writes_.Put(row_id, {&x, 1}); }
  Values Seen() const {
    Values values;
    writes_.ForEach([&](int64_t row_id, std::span<const float> vector) {
      values[row_id] = vector.empty() ? -1.0f : vector[0];
    });
    return values;
  }
  // Embeds a text as its length, and remembers it.
  void Flush() {
    writes_.Flush([&](std::span<const std::string_view> texts) {
      std::vector<float> vectors;
      for (std::string_view text : texts) {
        embedded_.emplace_back(text);
        vectors.push_back(static_cast<float>(text.size()));
      }
      return vectors;
    });
  }
  PendingWrites writes_{1};
  std::vector<std::string> embedded_;
};

TEST_F(PendingWritesTest, TheNewestWriteOfARowCounts) {
  Put(1, 1);
  Put(1, 2);
  Put(2, 3);
  writes_.Delete(2);
  EXPECT_EQ(Seen(), (Values{{1, 2}, {2, -1}}));
  EXPECT_EQ((*writes_.Find(1))[0], 2);
  EXPECT_FALSE(writes_.Find(2));
  EXPECT_TRUE(writes_.Touches(2));
  EXPECT_FALSE(writes_.Touches(3));
  EXPECT_EQ(writes_.LiveSlots().Count(), 1u);
}

// Its slot had what the memory was used for before, and a cursor that went on found it.
TEST_F(PendingWritesTest, ATextThatWaitsForItsVectorIsNotScanned) {
  for (int i = 0; i < 100; ++i) Put(i, 7);
  writes_.Clear();
  Put(1, 1);
  writes_.PutText(2, "four");
  EXPECT_EQ(writes_.LiveSlots().Count(), 1u);
  EXPECT_EQ(writes_.slot_vectors()[1], 0);
  Flush();
  EXPECT_EQ(writes_.LiveSlots().Count(), 2u);
  EXPECT_EQ(writes_.slot_vectors()[1], 4);
}

TEST_F(PendingWritesTest, NestedSavepointsUndoOnlyWhatCameAfterThem) {
  Put(1, 1);
  writes_.SetSavepoint(0);
  Put(1, 2);
  writes_.SetSavepoint(1);
  writes_.Delete(1);
  Put(5, 5);
  writes_.RollbackTo(1);
  EXPECT_EQ(Seen(), (Values{{1, 2}}));
  Put(6, 6);
  writes_.RollbackTo(1);  // a savepoint outlives a rollback to it
  EXPECT_EQ(Seen(), (Values{{1, 2}}));
  writes_.RollbackTo(0);
  EXPECT_EQ(Seen(), (Values{{1, 1}}));
}

TEST_F(PendingWritesTest, AReleasedSavepointLeavesItsWritesToTheOneAround) {
  writes_.SetSavepoint(0);
  Put(1, 1);
  writes_.SetSavepoint(1);
  Put(2, 2);
  writes_.Release(1);
  EXPECT_EQ(Seen(), (Values{{1, 1}, {2, 2}}));
  EXPECT_TRUE(writes_.has_savepoints());
  writes_.RollbackTo(0);
  EXPECT_TRUE(writes_.empty());
  writes_.Release(0);
  EXPECT_FALSE(writes_.has_savepoints());
}

TEST_F(PendingWritesTest, ASecondTableObjectThatJoinsMovesNoSavepoint) {
  writes_.SetSavepoint(3);
  Put(1, 1);
  writes_.SetSavepoint(3);
  Put(2, 2);
  writes_.RollbackTo(3);
  EXPECT_TRUE(writes_.empty());
}

TEST_F(PendingWritesTest, ALevelThatNobodyToldOfIsSetWithTheDeeperOne) {
  writes_.SetSavepoint(1);
  Put(1, 1);
  writes_.Release(1);
  Put(2, 2);
  writes_.RollbackTo(0);
  EXPECT_TRUE(writes_.empty());
}

TEST_F(PendingWritesTest, ATableThatJoinedLaterRollsBackToItsOldestSavepoint) {
  writes_.SetSavepoint(2);
  Put(1, 1);
  writes_.SetSavepoint(4);
  Put(2, 2);
  writes_.RollbackTo(1);
  EXPECT_TRUE(writes_.empty());
}

TEST_F(PendingWritesTest, RollingBackToANewerSavepointThanAnyChangesNothing) {
  writes_.SetSavepoint(0);
  Put(1, 1);
  writes_.RollbackTo(5);
  EXPECT_EQ(Seen(), (Values{{1, 1}}));
}

TEST_F(PendingWritesTest, LevelMinusOneIsTheWholeTransaction) {
  Put(1, 1);
  writes_.SetSavepoint(0);
  Put(2, 2);
  writes_.RollbackTo(-1);
  EXPECT_TRUE(writes_.empty());
  EXPECT_EQ(writes_.waiting_texts(), 0u);
}

TEST_F(PendingWritesTest, TextsAreEmbeddedTogetherAndOnce) {
  writes_.PutText(1, "one");
  writes_.PutText(2, "three");
  EXPECT_EQ(writes_.waiting_texts(), 2u);
  Flush();
  EXPECT_EQ(Seen(), (Values{{1, 3}, {2, 5}}));
  EXPECT_EQ(writes_.waiting_texts(), 0u);
  Flush();
  EXPECT_EQ(embedded_, (std::vector<std::string>{"one", "three"}));
}

TEST_F(PendingWritesTest, AnOverwrittenOrDeletedTextIsNotEmbedded) {
  writes_.PutText(1, "first");
  writes_.PutText(1, "second!");
  writes_.PutText(2, "gone");
  writes_.Delete(2);
  Flush();
  EXPECT_EQ(embedded_, (std::vector<std::string>{"second!"}));
  EXPECT_EQ(Seen(), (Values{{1, 7}, {2, -1}}));
}

TEST_F(PendingWritesTest, ARolledBackTextIsNotEmbedded) {
  writes_.SetSavepoint(0);
  writes_.PutText(1, "gone");
  writes_.RollbackTo(0);
  writes_.Release(0);
  Flush();
  EXPECT_TRUE(embedded_.empty());
  EXPECT_TRUE(writes_.empty());
}

TEST_F(PendingWritesTest, ATextThatWasOverwrittenWhenFlushedComesBackWithItsVector) {
  writes_.PutText(1, "first");
  writes_.SetSavepoint(0);
  writes_.PutText(1, "second!");
  Flush();
  writes_.RollbackTo(0);
  Flush();
  EXPECT_EQ(Seen(), (Values{{1, 5}}));
}

TEST_F(PendingWritesTest, AFailedEmbeddingLeavesTheTextsWaiting) {
  writes_.PutText(1, "one");
  EXPECT_THROW(writes_.Flush([](std::span<const std::string_view>) -> std::vector<float> {
    throw std::runtime_error("interrupted");
  }),
               std::runtime_error);
  EXPECT_EQ(writes_.waiting_texts(), 1u);
  Flush();
  EXPECT_EQ(Seen(), (Values{{1, 3}}));
}

TEST_F(PendingWritesTest, ClearedItIsAsIfNew) {
  Put(1, 1);
  writes_.PutText(2, "two");
  writes_.SetSavepoint(0);
  writes_.Clear();
  EXPECT_TRUE(writes_.empty());
  EXPECT_FALSE(writes_.has_savepoints());
  EXPECT_EQ(writes_.waiting_texts(), 0u);
  EXPECT_EQ(writes_.slot_row_ids().size(), 0u);
}

}  // namespace
}  // namespace semblance::engine
