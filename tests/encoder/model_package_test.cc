#include "engine/encoder/model_package.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/encoder/fixtures.h"

namespace semblance::encoder {
namespace {

ModelPackage Sample() {
  ModelPackage package;
  package.Add("config.json", "{}");
  package.Add("model.safetensors", std::string("\0\1\2", 3));
  package.Add("tokenizer.model", "pieces");
  package.Add("tokenizer_config.json", "{}");
  package.Add("README.md", "a card");
  return package;
}

TEST(ModelPackageTest, WhatIsWrittenToAFolderIsReadFromIt) {
  const TempFolder folder;
  const std::string home = folder.path() + "/models/one";
  Sample().WriteTo(home);
  const ModelPackage read = ModelPackage::FromDirectory(home);
  EXPECT_EQ(read.files(), Sample().files());
  EXPECT_EQ(read.Id(), Sample().Id());
}

TEST(ModelPackageTest, OtherFilesOfAFolderAreLeftThere) {
  const TempFolder folder;
  Sample().WriteTo(folder.path());
  std::ofstream(folder.path() + "/notes.txt") << "mine";
  EXPECT_FALSE(ModelPackage::FromDirectory(folder.path()).Has("notes.txt"));
}

TEST(ModelPackageTest, AFolderThatLacksFilesIsAnsweredWithTheirNames) {
  const TempFolder folder;
  Sample().WriteTo(folder.path());
  std::filesystem::remove(folder.path() + "/README.md");
  EXPECT_NO_THROW(ModelPackage::FromDirectory(folder.path()));
  std::filesystem::remove(folder.path() + "/tokenizer.model");
  std::filesystem::remove(folder.path() + "/config.json");
  std::filesystem::create_directory(folder.path() + "/config.json");
  try {
    ModelPackage::FromDirectory(folder.path());
    FAIL() << "nothing was missed";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMissing);
    EXPECT_THAT(error.what(), testing::HasSubstr("config.json, tokenizer.model"));
  }
  EXPECT_EQ(KindOf([&] { ModelPackage::FromDirectory(folder.path() + "/nowhere"); }),
            ErrorKind::kMissing);
}

TEST(ModelPackageTest, AFolderThatCannotBeMadeIsAnError) {
  const TempFolder folder;
  std::ofstream(folder.path() + "/file") << "in the way";
  EXPECT_EQ(KindOf([&] { Sample().WriteTo(folder.path() + "/file/model"); }), ErrorKind::kInvalid);
}

TEST(ModelPackageTest, TheIdFollowsNamesAndContentsButNotTheCard) {
  ModelPackage package = Sample();
  const std::string id = package.Id();
  EXPECT_EQ(id.size(), 16u);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  package.Add("README.md", "another card");
  EXPECT_EQ(package.Id(), id);
  package.Add("config.json", "{ }");
  EXPECT_NE(package.Id(), id);
  ModelPackage a, b;
  a.Add("ab", "c");
  b.Add("a", "bc");
  EXPECT_NE(a.Id(), b.Id());
}

TEST(ModelPackageTest, NamesThatLeadElsewhereAreRefused) {
  ModelPackage package;
  for (const char* name : {"", ".", "..", "../x", "a/b", "a b", ".hidden", "a\\b", "a\nb"}) {
    EXPECT_EQ(KindOf([&] { package.Add(name, "x"); }), ErrorKind::kInvalid) << name;
    EXPECT_EQ(KindOf([&] { package.AddStatic(name, "x"); }), ErrorKind::kInvalid) << name;
  }
  EXPECT_TRUE(package.files().empty());
}

TEST(ModelPackageTest, CopiesShareBytesAndOutliveTheOriginal) {
  ModelPackage copy;
  {
    const ModelPackage original = Sample();
    copy = original;
    EXPECT_EQ(copy.File("tokenizer.model").data(), original.File("tokenizer.model").data());
  }
  EXPECT_EQ(copy.File("tokenizer.model"), "pieces");
  EXPECT_EQ(KindOf([&] { copy.File("vocab.txt"); }), ErrorKind::kMissing);
}

TEST(ModelPackageTest, AFileThatIsRemovedIsGone) {
  ModelPackage package = Sample();
  const std::string id = package.Id();
  package.Add("vocab.txt", "words");
  EXPECT_NE(package.Id(), id);
  package.Remove("vocab.txt");
  package.Remove("vocab.txt");
  EXPECT_FALSE(package.Has("vocab.txt"));
  EXPECT_EQ(package.Id(), id);
}

TEST(ModelPackageTest, StaticBytesAreNotCopied) {
  static const char kBytes[] = "static";
  ModelPackage package = Sample();
  package.AddStatic("tokenizer.model", kBytes);
  EXPECT_EQ(package.File("tokenizer.model").data(), kBytes);
}

}  // namespace
}  // namespace semblance::encoder
