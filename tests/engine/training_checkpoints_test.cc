#include "engine/training_checkpoints.h"

#include <gtest/gtest.h>

#include "engine/error.h"
#include "engine/families.h"
#include "tests/engine/sample_collection.h"

namespace semblance::engine {
namespace {

TrainingCheckpoint Sample(const std::string& bytes) {
  TrainingCheckpoint checkpoint;
  checkpoint.reports = 7;
  checkpoint.files.Add("state.json", "{}");
  checkpoint.files.Add("weights", bytes);
  return checkpoint;
}

TEST(TrainingCheckpointsTest, ComeBackWholeAndReplaceOneAnother) {
  TrainingCheckpoints checkpoints(MemoryStore());
  EXPECT_FALSE(checkpoints.Load(1).has_value());
  checkpoints.Save(1, Sample(std::string(3 << 20, 'x')));
  checkpoints.Save(2, Sample("of another run"));
  checkpoints.Save(1, Sample(std::string("a\0b", 3)));
  const auto loaded = checkpoints.Load(1);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->reports, 7u);
  EXPECT_EQ(loaded->files.files().size(), 2u);
  EXPECT_EQ(loaded->files.File("weights"), std::string("a\0b", 3));
  EXPECT_EQ(loaded->files.File("state.json"), "{}");
  EXPECT_EQ(checkpoints.Load(2)->files.File("weights"), "of another run");
}

TEST(TrainingCheckpointsTest, AreGoneWhenRemoved) {
  TrainingCheckpoints checkpoints(MemoryStore());
  checkpoints.Save(1, Sample("bytes"));
  checkpoints.Remove(1);
  checkpoints.Remove(1);
  EXPECT_FALSE(checkpoints.Has(1));
}

TEST(TrainingCheckpointsTest, ABlobThatIsNoneIsSaidToBe) {
  for (const std::string& bytes :
       {std::string("short"), std::string(8, '\xff'), std::string("\0\0\0\0\0\0\0\2[]", 10)}) {
    const auto store = MemoryStore();
    TrainingCheckpoints checkpoints(store);
    checkpoints.Save(1, Sample("bytes"));
    std::string key;
    {
      const auto cursor = store->Scan(kRuns, "checkpoint/");
      ASSERT_TRUE(cursor->Valid());
      key = std::string(cursor->Key()).substr(0, std::string("checkpoint/").size() + 8);
    }
    const auto blob = store->NewBlob(kRuns, key);
    blob->Write(bytes);
    blob->Finish();
    EXPECT_EQ(KindThrownBy([&] { checkpoints.Load(1); }), ErrorKind::kCorruption);
  }
}

}  // namespace
}  // namespace semblance::engine
