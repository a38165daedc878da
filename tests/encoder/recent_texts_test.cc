#include "engine/encoder/recent_texts.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/encoder/fixtures.h"

namespace semblance::encoder {
namespace {

// Counts the texts that reach it, and gives each a vector that tells it from others.
class CountingEncoder : public Encoder {
 public:
  uint32_t dimension() const override { return 2; }
  const std::vector<int64_t>& dims() const override { return dims_; }
  uint32_t max_length() const override { return 16; }
  Pooler pooler() const override { return Pooler::kAvg; }
  const Tokenizer& tokenizer() const override { throw std::logic_error("nobody asks"); }
  Precision computed_in() const override { return precision; }
  uint64_t memory_bytes() const override { return 0; }
  std::vector<float> Encode(std::span<const std::string_view> texts,
                            const std::function<bool()>& cancel) const override {
    if (cancel && cancel()) throw Error(ErrorKind::kInterrupted, "interrupted");
    std::vector<float> vectors;
    for (const std::string_view text : texts) {
      ++encoded;
      vectors.push_back(static_cast<float>(text.size()));
      vectors.push_back(text.empty() ? 0.0f : static_cast<float>(text[0]));
    }
    return vectors;
  }
  std::vector<float> EncodeIds(std::span<const std::vector<int32_t>>,
                               const std::function<bool()>&) const override {
    return {};
  }

  mutable std::atomic<int> encoded{0};
  Precision precision = Precision::kF32;

 private:
  std::vector<int64_t> dims_;
};

using Texts = std::vector<std::string_view>;

class RecentTextsTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Encoder> Model(const std::string& id) {
    return Remembering(counting_, id, texts_);
  }

  RecentTexts texts_{uint64_t{1} << 20};
  std::shared_ptr<CountingEncoder> counting_ = std::make_shared<CountingEncoder>();
};

TEST_F(RecentTextsTest, ATextIsEncodedOnceHoweverOftenItIsImported) {
  const auto encoder = Model("m");
  const Texts texts = {"a", "bb", "a", "ccc", "", "bb"};
  const std::vector<float> first = encoder->Encode(texts);
  EXPECT_EQ(first, (std::vector<float>{1, 'a', 2, 'b', 1, 'a', 3, 'c', 0, 0, 2, 'b'}));
  EXPECT_EQ(counting_->encoded, 4);
  EXPECT_EQ(encoder->Encode(texts), first);
  EXPECT_EQ(Model("m")->Encode(texts), first);
  EXPECT_EQ(counting_->encoded, 4);
  const Texts changed = {"a", "bbx", "ccc"};
  EXPECT_EQ(encoder->Encode(changed), (std::vector<float>{1, 'a', 3, 'b', 3, 'c'}));
  EXPECT_EQ(counting_->encoded, 5);
  EXPECT_EQ(texts_.counts().texts, 5u);
  EXPECT_EQ(texts_.counts().hits, 14u);
  EXPECT_EQ(texts_.counts().misses, 7u);
}

TEST_F(RecentTextsTest, AnotherModelKnowsNothingOfIt) {
  Model("m")->Encode(Texts{"a"});
  Model("n")->Encode(Texts{"a"});
  EXPECT_EQ(counting_->encoded, 2);
}

TEST_F(RecentTextsTest, TheSameModelInAnotherPrecisionKnowsNothingOfItEither) {
  Model("m")->Encode(Texts{"a"});
  counting_->precision = Precision::kInt8;
  Model("m")->Encode(Texts{"a"});
  EXPECT_EQ(counting_->encoded, 2);
}

TEST_F(RecentTextsTest, WhatIsRememberedHasABoundAndTheOldestGoesFirst) {
  RecentTexts few(3 * (128 + 8));
  const auto encoder = Remembering(counting_, "m", few);
  encoder->Encode(Texts{"a"});
  encoder->Encode(Texts{"b"});
  encoder->Encode(Texts{"c"});
  encoder->Encode(Texts{"a"});  // asked for again, so that b is the oldest
  encoder->Encode(Texts{"d"});
  EXPECT_EQ(counting_->encoded, 4);
  EXPECT_EQ(few.counts().texts, 3u);
  EXPECT_LE(few.counts().bytes, few.counts().limit_bytes);
  encoder->Encode(Texts{"a"});
  EXPECT_EQ(counting_->encoded, 4);
  encoder->Encode(Texts{"b"});
  EXPECT_EQ(counting_->encoded, 5);
}

TEST_F(RecentTextsTest, WhatWasInterruptedIsNotRemembered) {
  const auto encoder = Model("m");
  EXPECT_EQ(KindOf([&] { encoder->Encode(Texts{"a"}, [] { return true; }); }),
            ErrorKind::kInterrupted);
  EXPECT_EQ(texts_.counts().texts, 0u);
  encoder->Encode(Texts{"a"});
  EXPECT_EQ(counting_->encoded, 1);
}

TEST_F(RecentTextsTest, SeveralThreadsMayAskAtOnce) {
  const auto encoder = Model("m");
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) {
          const std::string text(static_cast<size_t>(1 + i % 17), 'x');
          wrong += encoder->Encode(Texts{text})[0] != static_cast<float>(text.size());
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(texts_.counts().texts, 17u);
}

}  // namespace
}  // namespace semblance::encoder
