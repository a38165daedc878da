// Files of tokenizers that are damaged in any way, and texts of any bytes: an error or ids, never
// more.
#include <gtest/gtest.h>

#include <random>

#include "tests/encoder/fixtures.h"
#include "tests/encoder/tokenizer_files.h"

namespace semblance::encoder {
namespace {

std::string Damaged(std::string bytes, std::mt19937* random) {
  const auto at = [&] { return (*random)() % (bytes.size() + 1); };
  for (unsigned n = 1 + (*random)() % 4; n > 0; --n) {
    const size_t place = at();
    const size_t length = std::min<size_t>((*random)() % 40, bytes.size() - place);
    switch ((*random)() % 6) {
      case 0:
        if (place < bytes.size()) bytes[place] = static_cast<char>((*random)());
        break;
      case 1:
        bytes.erase(place, length);
        break;
      case 2:
        bytes.insert(place, bytes.substr(at(), length));
        break;
      case 3:
        bytes.resize(place);
        break;
      case 4:
        bytes.insert(place, 1, "\"{}[]:,\n 0-\xff"[(*random)() % 12]);
        break;
      default:
        if (place < bytes.size()) bytes[place] ^= static_cast<char>(1 << (*random)() % 8);
        break;
    }
  }
  return bytes;
}

std::string AnyBytes(std::mt19937* random) {
  static const std::vector<std::string> kParts = {"the ",         "a",   "<mask>", "[MASK]",
                                                  "</s>",         "'ve", " ",      "\xcc\x81",
                                                  "\xe6\x97\xa5", "1,",  "\xff"};
  std::string text;
  for (unsigned n = (*random)() % 30; n > 0; --n) {
    if ((*random)() % 2 == 0) {
      text += kParts[(*random)() % kParts.size()];
    } else {
      text.push_back(static_cast<char>((*random)()));
    }
  }
  return text;
}

void ExpectSound(const Tokenizer& tokenizer, const std::string& text) {
  const Ids ids = tokenizer.Encode(text, 32);
  ASSERT_GE(ids.size(), 2u);
  ASSERT_LE(ids.size(), 32u);
  for (const int32_t id : ids) {
    ASSERT_TRUE(id >= 0 && id < static_cast<int32_t>(tokenizer.vocabulary_size())) << id;
  }
}

void Exercise(const ModelPackage& package, std::mt19937* random, int* loaded) {
  std::shared_ptr<const Tokenizer> tokenizer;
  try {
    tokenizer = Tokenizer::Load(package);
  } catch (const Error& error) {
    EXPECT_STRNE(error.what(), "");
    return;
  }
  ++*loaded;
  for (int i = 0; i < 5; ++i) ExpectSound(*tokenizer, AnyBytes(random));
}

TEST(TokenizerDamageTest, AnyBytesAreAccepted) {
  std::mt19937 random(17);
  for (const char* folder : kImported) {
    for (const ModelPackage& package :
         {TokenizerFiles(folder), PackageOfJson(TokenizerJson(folder))}) {
      const auto tokenizer = Tokenizer::Load(package);
      for (int i = 0; i < 500; ++i) ExpectSound(*tokenizer, AnyBytes(&random));
      EXPECT_EQ(tokenizer->Encode("a\xff\xfe z", 64),
                tokenizer->Encode("a\xEF\xBF\xBD\xEF\xBF\xBD z", 64));
    }
  }
}

TEST(TokenizerDamageTest, DamagedFilesAreRefusedOrGiveSoundIds) {
  std::mt19937 random(23);
  int loaded = 0;
  for (const char* folder : kImported) {
    const ModelPackage files = TokenizerFiles(folder);
    for (const auto& [name, bytes] : files.files()) {
      for (int i = 0; i < 40; ++i) {
        ModelPackage package = files;
        package.Add(name, Damaged(std::string(bytes), &random));
        Exercise(package, &random, &loaded);
      }
    }
  }
  EXPECT_GT(loaded, 100);
}

TEST(TokenizerDamageTest, DamagedTokenizerJsonsAreRefusedOrGiveSoundIds) {
  std::mt19937 random(29);
  int loaded = 0;
  for (const char* folder : {"bert_cased", "roberta", "albert", "mpnet"}) {
    const std::string bytes = TokenizerJson(folder).dump();
    for (int i = 0; i < 60; ++i) {
      Exercise(Package({{"tokenizer.json", Damaged(bytes, &random)}}), &random, &loaded);
    }
  }
  EXPECT_GT(loaded, 5);
}

// Each member of the tree in turn becomes something else.
void Replace(nlohmann::json* root, nlohmann::json* node, int depth, std::mt19937* random,
             int* loaded) {
  static const std::vector<nlohmann::json> kOthers = {
      nullptr, true, -1, 1e300, "", "x", nlohmann::json::array(), nlohmann::json::object()};
  for (const nlohmann::json& other : kOthers) {
    const nlohmann::json before = *node;
    *node = other;
    Exercise(PackageOfJson(*root), random, loaded);
    *node = before;
  }
  if (depth == 0 || !node->is_structured()) return;
  int members = 0;
  for (nlohmann::json& inner : *node) {
    if (++members > 6) break;
    Replace(root, &inner, depth - 1, random, loaded);
  }
}

TEST(TokenizerDamageTest, MembersOfOtherTypesAreRefusedOrGiveSoundIds) {
  std::mt19937 random(31);
  for (const char* folder : {"roberta", "albert"}) {
    int loaded = 0;
    nlohmann::json tokenizer = TokenizerJson(folder);
    Replace(&tokenizer, &tokenizer, 3, &random, &loaded);
    EXPECT_GT(loaded, 20);
  }
}

}  // namespace
}  // namespace semblance::encoder
