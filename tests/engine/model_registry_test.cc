#include "engine/model_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "engine/families.h"
#include "tests/encoder/fixtures.h"
#include "tests/engine/sample_collection.h"

namespace semblance::engine {
namespace {

using testing::HasSubstr;

encoder::ModelPackage SmallModel(uint64_t seed) {
  return encoder::RandomPackage(encoder::SmallConfig(1, 8, 2), seed);
}

class ModelRegistryTest : public testing::Test {
 protected:
  std::vector<std::string> Listed() {
    std::vector<std::string> names;
    for (const ModelInfo& info : models_.List()) {
      names.push_back(info.name + " " + std::to_string(info.version));
    }
    return names;
  }

  std::shared_ptr<storage::Store> store_ = MemoryStore();
  ModelRegistry models_{store_};
};

TEST_F(ModelRegistryTest, GivesBackWhatWasStored) {
  const encoder::ModelPackage package = SmallModel(1);
  const ModelInfo stored = models_.Register("small", package, "{\"steps\":3}");
  ModelRegistry reopened(store_);
  const ModelInfo found = reopened.Find("small");
  EXPECT_EQ(found.id, package.Id());
  EXPECT_EQ(found.version, 1u);
  EXPECT_EQ(found.dimension, 8u);
  EXPECT_EQ(found.record, "{\"steps\":3}");
  EXPECT_EQ(found.created, stored.created);
  EXPECT_FALSE(found.built_in);
  EXPECT_EQ(reopened.Package(found.id).files(), package.files());
}

TEST_F(ModelRegistryTest, ANameThatIsThereGetsTheNextVersionAndTheOldOneStays) {
  const std::string first = models_.Register("small", SmallModel(1), "").id;
  const std::string second = models_.Register("small", SmallModel(2), "").id;
  EXPECT_EQ(models_.Find("small").version, 2u);
  EXPECT_EQ(models_.Find("small").id, second);
  EXPECT_EQ(models_.Package(first).Id(), first);
  EXPECT_EQ(models_.ListAll().size(), 3u) << "with the default model";
  EXPECT_THAT(Listed(), testing::ElementsAre("default 1", "small 2"));
}

TEST_F(ModelRegistryTest, TheSameContentAgainIsNoNewVersion) {
  models_.Register("small", SmallModel(1), "");
  EXPECT_EQ(models_.Register("small", SmallModel(1), "").version, 1u);
  EXPECT_EQ(models_.Register("other", SmallModel(1), "").version, 1u);
  EXPECT_THAT(Listed(), testing::ElementsAre("default 1", "other 1", "small 1"));
}

// It used to be found as version 1, and the name went on to mean version 2.
TEST_F(ModelRegistryTest, AnOlderVersionThatIsStoredAgainIsTheNewestAgain) {
  const std::string first = models_.Register("small", SmallModel(1), "").id;
  models_.Register("small", SmallModel(2), "");
  EXPECT_EQ(models_.Register("small", SmallModel(1), "").version, 3u);
  EXPECT_EQ(models_.Find("small").id, first);
}

TEST_F(ModelRegistryTest, TheBuiltInDefaultIsStoredWhenATableHoldsOnToIt) {
  EXPECT_TRUE(models_.Find("default").built_in);
  const ModelInfo pinned = models_.Pin("default");
  EXPECT_EQ(pinned.id, encoder::ModelPackage::Default().Id());
  EXPECT_FALSE(models_.Find("default").built_in);
  EXPECT_EQ(models_.Pin("default").version, 1u);
}

TEST_F(ModelRegistryTest, AnUnknownNameIsAnErrorWithTheNearestOne) {
  models_.Register("notes-v1", SmallModel(1), "");
  std::string message;
  EXPECT_EQ(KindThrownBy([&] { models_.Find("notes-v2"); }, &message), ErrorKind::kNotFound);
  EXPECT_THAT(message, HasSubstr("notes-v2"));
  EXPECT_THAT(message, HasSubstr("notes-v1"));
  EXPECT_EQ(KindThrownBy([&] { models_.Package("0123456789abcdef"); }), ErrorKind::kNotFound);
}

TEST_F(ModelRegistryTest, ANameThatCannotBeOneIsRefused) {
  for (const std::string name : {"", "a b", "a/b", "ä", "a'b"}) {
    EXPECT_EQ(KindThrownBy([&] { models_.Register(name, SmallModel(1), ""); }), ErrorKind::kInvalid)
        << name;
  }
  EXPECT_EQ(KindThrownBy([&] { CheckModelName(std::string(101, 'a')); }), ErrorKind::kInvalid);
  EXPECT_NO_THROW(CheckModelName(std::string(100, 'a')));
}

TEST_F(ModelRegistryTest, ADamagedFileOfAModelIsNoticed) {
  const std::string id = models_.Register("small", SmallModel(1), "").id;
  store_->DeletePrefix(kModels, "file/");
  EXPECT_EQ(KindThrownBy([&] { models_.Package(id); }), ErrorKind::kCorruption);
}

// With checksums that are right, as a fault of a program leaves it.
TEST_F(ModelRegistryTest, ARecordThatIsAnotherOneGivesTheModelOrAnErrorThatNamesIt) {
  const encoder::ModelPackage package = SmallModel(1);
  const std::string id = models_.Register("small", package, "").id;
  std::vector<std::pair<std::string, std::string>> records;
  for (auto cursor = store_->Scan(kModels, ""); cursor->Valid(); cursor->Next())
    records.emplace_back(cursor->Key(), cursor->Value());
  const auto put = [&](const std::string& key, const std::string& value) {
    const auto transaction = store_->Begin();
    transaction->Put(kModels, key, value);
    transaction->Commit(false);
  };
  std::mt19937 random(7);
  for (const auto& [key, value] : records) {
    for (int round = 0; round < 60; ++round) {
      std::string damaged = value;
      damaged[random() % damaged.size()] ^= static_cast<char>(1 << (random() % 8));
      put(key, damaged);
      std::string message;
      try {
        models_.ListAll();
        EXPECT_EQ(models_.Package(id).files(), package.files());
      } catch (const Error& error) {
        message = error.what();
      } catch (const storage::Error& error) {
        message = error.what();
      }
      EXPECT_THAT(message, testing::AnyOf("", HasSubstr("model"), HasSubstr("key ")));
    }
    put(key, value);
  }
}

TEST_F(ModelRegistryTest, APrecisionIsKeptWithTheModelAndItsEncodersAreTwo) {
  const std::string id = models_.Register("small", SmallModel(1), "").id;
  EXPECT_EQ(models_.Find("small").precision, encoder::Precision::kF32);
  const auto exact = models_.EncoderById(id);
  models_.ChoosePrecision(id, {.chosen = encoder::Precision::kInt8, .measured = {}});
  const ModelRegistry reopened(store_);
  EXPECT_EQ(reopened.Find("small").precision, encoder::Precision::kInt8);
  const auto narrow = reopened.EncoderById(id);
  EXPECT_EQ(narrow->computed_in(), encoder::Precision::kInt8);
  EXPECT_EQ(exact->computed_in(), encoder::Precision::kF32);
  EXPECT_EQ(models_.EncoderById(id, encoder::Precision::kF32), exact);
  EXPECT_EQ(LoadedEncoder(id, encoder::Precision::kInt8), narrow);
}

TEST_F(ModelRegistryTest, WithoutAChoiceAPrecisionIsTheMeasuredOne) {
  const std::string id = models_.Register("small", SmallModel(1), "").id;
  models_.ChoosePrecision(id, {.chosen = {}, .measured = encoder::Precision::kInt8});
  EXPECT_EQ(models_.PrecisionOf(id).precision(), encoder::Precision::kInt8);
  models_.ChoosePrecision(
      id, {.chosen = encoder::Precision::kF32, .measured = encoder::Precision::kInt8});
  EXPECT_EQ(models_.PrecisionOf(id).precision(), encoder::Precision::kF32);
  // What a later version may write.
  auto transaction = store_->Begin();
  transaction->Put(kModels, "precision/" + id, "{\"chosen\":\"int4\",\"measured\":7}");
  transaction->Commit(true);
  EXPECT_EQ(models_.PrecisionOf(id).precision(), encoder::Precision::kF32);
}

TEST_F(ModelRegistryTest, ThreadsThatStoreAndLoadAtOnceGetOneVersionEach) {
  std::vector<std::thread> threads;
  for (uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([this, thread] {
      const std::string id = models_.Register("small", SmallModel(thread), "").id;
      EXPECT_EQ(models_.EncoderById(id)->dimension(), 8u);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(models_.Find("small").version, 4u);
  EXPECT_EQ(models_.ListAll().size(), 5u);
}

}  // namespace
}  // namespace semblance::engine
