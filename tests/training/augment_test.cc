// The second views that the paper compares with dropout alone, seen in the ids of a batch.
#include "engine/training/augment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/training/prepare.h"
#include "tests/training/fixtures.h"

namespace semblance::training {
namespace {

using Ids = std::vector<int32_t>;
constexpr encoder::SpecialIds kSpecial = {0, 1, 2, 3, 4};

// [CLS] and words of one to three ids; the ids count up from 10.
struct Text {
  Ids ids = {2};
  std::vector<bool> begins = {false};

  explicit Text(int words) {
    int32_t id = 10;
    for (int word = 0; word < words; ++word) {
      for (int piece = 0; piece <= word % 3; ++piece) {
        ids.push_back(id++);
        begins.push_back(piece == 0);
      }
    }
    ids.push_back(3);
    begins.push_back(false);
  }
  int WordOf(int32_t id) const {
    int word = -1;
    for (size_t at = 1; ids[at] <= id; ++at) word += begins[at];
    return word;
  }
  // Whole words, in their order; fails when a word is there in part.
  std::vector<int> WordsOf(const Ids& changed) const {
    EXPECT_EQ(changed.front(), 2);
    EXPECT_EQ(changed.back(), 3);
    std::vector<int> words;
    for (size_t at = 1; at + 1 < changed.size(); ++at) {
      const int word = WordOf(changed[at]);
      if (words.empty() || words.back() != word) words.push_back(word);
    }
    Ids whole = {2};
    for (size_t at = 1; at + 1 < ids.size(); ++at) {
      if (std::count(words.begin(), words.end(), WordOf(ids[at])) > 0) whole.push_back(ids[at]);
    }
    whole.push_back(3);
    EXPECT_EQ(changed, whole);
    return words;
  }
};

TEST(ChangeWords, CropKeepsARunOfWordsAndTakesTheAskedShareOnAverage) {
  const Text text(12);
  Random random(1, 1);
  double gone = 0;
  std::set<int> firsts;
  for (int i = 0; i < 2000; ++i) {
    const auto words = text.WordsOf(ChangeWords(text.ids, text.begins, "crop", 0.2, &random));
    for (size_t w = 1; w < words.size(); ++w) EXPECT_EQ(words[w], words[w - 1] + 1);
    firsts.insert(words.front());
    gone += 12 - static_cast<double>(words.size());
  }
  EXPECT_NEAR(gone / 2000 / 12, 0.2, 0.01);
  EXPECT_GT(firsts.size(), 2u);
}

TEST(ChangeWords, DeleteWordsTakesTheAskedShareAnywhere) {
  const Text text(10);
  Random random(1, 1);
  std::vector<double> gone(10);
  for (int i = 0; i < 4000; ++i) {
    const auto words =
        text.WordsOf(ChangeWords(text.ids, text.begins, "delete_words", 0.3, &random));
    for (int w = 0; w < 10; ++w)
      gone[static_cast<size_t>(w)] += !std::count(words.begin(), words.end(), w);
  }
  for (const double share : gone) EXPECT_NEAR(share / 4000, 0.3, 0.03);
}

TEST(ChangeWords, DeleteWordTakesOne) {
  const Text text(5);
  Random random(1, 1);
  std::set<Ids> seen;
  for (int i = 0; i < 200; ++i) {
    const Ids changed = ChangeWords(text.ids, text.begins, "delete_word", 0.5, &random);
    EXPECT_EQ(text.WordsOf(changed).size(), 4u);
    seen.insert(changed);
  }
  EXPECT_EQ(seen.size(), 5u) << "each word at times";
}

TEST(ChangeWords, ATextIsNeverEmptied) {
  Random random(1, 1);
  for (const char* augment : {"crop", "delete_words", "delete_word"}) {
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(ChangeWords(Ids{2, 10, 3}, {false, true, false}, augment, 0.9, &random),
                (Ids{2, 10, 3}));
      EXPECT_GE(ChangeWords(Ids{2, 10, 11, 12, 3}, {}, augment, 0.9, &random).size(), 3u);
      EXPECT_EQ(ChangeWords(Ids{2, 3}, {}, augment, 0.9, &random), (Ids{2, 3}));
    }
  }
}

TEST(WordBegins, AreWhereSpacesEndInTheCorpusOfARun) {
  ListedRows rows(Rows(120, 1));
  Options options = ParseOptions(TinyOptions(R"("augment":"crop")"));
  ResolveOptions(1, &options);
  const Prepared prepared = Prepare(&rows, nullptr, nullptr, options, {});
  const auto texts = Sentences(120);
  for (size_t row = 0; row < texts.size(); ++row) {
    const Corpus::Row read = prepared.corpus->row(row);
    const auto begins = read.begins(0);
    const TokenIds ids = read.text(0);
    ASSERT_EQ(begins.size(), ids.size());
    const auto words = std::count(texts[row].begin(), texts[row].end(), ' ') + 1;
    if (ids.size() < static_cast<size_t>(options.max_length)) {
      EXPECT_EQ(std::count(begins.begin(), begins.end(), true), words) << texts[row];
    }
    // The ids of a word are those it gets alone.
    const std::string second = texts[row].substr(4, texts[row].find(' ', 4) - 4);
    const auto alone = prepared.tokenizer->Encode(second, 24);
    const auto at = std::find(begins.begin() + 2, begins.end(), true) - begins.begin();
    EXPECT_TRUE(std::equal(alone.begin() + 1, alone.end() - 1, ids.begin() + at)) << second;
  }
}

class ViewsTest : public testing::Test {
 protected:
  ViewsTest() {
    for (int row = 0; row < 6; ++row) {
      Ids ids = {2};
      for (int32_t i = 0; i < 8; ++i) ids.push_back(100 * (row + 1) + i);
      ids.push_back(3);
      corpus_.Add(ids, {false, true, true, true, true, true, true, true, true, false});
    }
  }
  std::vector<Ids> Of(const std::string& augment, int64_t step, Learner* learner = nullptr) {
    Options options;
    options.augment = augment;
    options.augment_rate = 0.3;
    return Views(corpus_, options, kSpecial, 1000).Of({4, 0, 5}, step, learner);
  }
  Ids Text(size_t row) const { return corpus_.row(row).ids; }

  Corpus corpus_{1};
};

TEST_F(ViewsTest, WithoutAugmentationAreTheTextsThemselves) {
  EXPECT_EQ(Of("none", 3), (std::vector<Ids>{Text(4), Text(0), Text(5)}));
}

TEST_F(ViewsTest, NextSentenceIsTheNextRowAndOfTheLastItself) {
  EXPECT_EQ(Of("next_sentence", 3), (std::vector<Ids>{Text(5), Text(1), Text(5)}));
}

TEST_F(ViewsTest, DependOnSeedAndStepOnly) {
  EXPECT_EQ(Of("crop", 3), Of("crop", 3));
  EXPECT_NE(Of("delete_words", 3), Of("delete_words", 4));
  EXPECT_NE(Of("delete_words", 3)[0], Text(4));
}

// Says 777 for every token it is asked for.
class Parrot : public Learner {
 public:
  double ContrastiveStep(const ContrastiveRows&, double) override { return 0; }
  double MaskedStep(const MaskedSentences&, double) override { return 0; }
  std::vector<float> Embed(const std::vector<TokenIds>&, bool) override { return {}; }
  std::vector<int32_t> Predict(const MaskedSentences& masked) override {
    return std::vector<int32_t>(masked.original.size(), 777);
  }
  Weights Snapshot() const override { return {}; }
  LearnerState Save() const override { return {}; }
  void Restore(const LearnerState&) override {}
};

TEST_F(ViewsTest, MlmPutsTheLearnersWordsInPlaceOfTheAskedShare) {
  Parrot parrot;
  double replaced = 0, tokens = 0;
  for (int64_t step = 0; step < 200; ++step) {
    const auto views = Of("mlm", step, &parrot);
    const Ids before = Text(4);
    ASSERT_EQ(views[0].size(), before.size());
    for (size_t at = 0; at < before.size(); ++at) {
      EXPECT_TRUE(views[0][at] == before[at] || views[0][at] == 777);
    }
    EXPECT_EQ(views[0].front(), 2);
    EXPECT_EQ(views[0].back(), 3);
    replaced += static_cast<double>(std::count(views[0].begin(), views[0].end(), 777));
    tokens += 8;
  }
  EXPECT_NEAR(replaced / tokens, 0.3, 0.04);
}

}  // namespace
}  // namespace semblance::training
