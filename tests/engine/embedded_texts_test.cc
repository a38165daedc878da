#include "engine/embedded_texts.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace semblance::engine {
namespace {

// A text's vector is its length and its first letter; it counts what it is given.
class CountingEncoder : public encoder::Encoder {
 public:
  uint32_t dimension() const override { return 2; }
  const std::vector<int64_t>& dims() const override { return dims_; }
  uint32_t max_length() const override { return 100; }
  encoder::Pooler pooler() const override { return encoder::Pooler::kCls; }
  encoder::Precision computed_in() const override { return precision; }
  const encoder::Tokenizer& tokenizer() const override { throw std::logic_error("not asked"); }
  std::vector<float> Encode(std::span<const std::string_view> texts,
                            const std::function<bool()>&) const override {
    std::vector<float> vectors;
    for (std::string_view text : texts) {
      given.emplace_back(text);
      vectors.push_back(static_cast<float>(text.size()));
      vectors.push_back(text.empty() ? 0.0f : static_cast<float>(text[0]));
    }
    return vectors;
  }
  std::vector<float> EncodeIds(std::span<const std::vector<int32_t>>,
                               const std::function<bool()>&) const override {
    throw std::logic_error("not asked");
  }
  uint64_t memory_bytes() const override { return 0; }

  encoder::Precision precision = encoder::Precision::kF32;
  mutable std::vector<std::string> given;

 private:
  const std::vector<int64_t> dims_;
};

class EmbeddedTextsTest : public testing::Test {
 protected:
  std::vector<float> Encode(std::vector<std::string_view> texts, std::string_view model = "m") {
    encoder_.given.clear();
    return texts_.Encode(encoder_, model, texts, {});
  }
  CountingEncoder encoder_;
  EmbeddedTexts texts_{1600};  // 200 vectors, so 100 young ones
};

TEST_F(EmbeddedTextsTest, GiveATextToTheEncoderOnce) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(Encode({"a", "bcd", "a", ""}), (std::vector<float>{1, 'a', 3, 'b', 1, 'a', 0, 0}));
  EXPECT_EQ(encoder_.given, (Texts{"a", "bcd", ""}));
  EXPECT_EQ(Encode({"ef", "bcd"}), (std::vector<float>{2, 'e', 3, 'b'}));
  EXPECT_EQ(encoder_.given, Texts{"ef"});
  EXPECT_EQ(Encode({"", "ef"}), (std::vector<float>{0, 0, 2, 'e'}));
  EXPECT_EQ(encoder_.given, Texts());
}

TEST_F(EmbeddedTextsTest, AreOfAModelAndAPrecision) {
  Encode({"a"});
  Encode({"a"}, "other");
  EXPECT_EQ(encoder_.given.size(), 1u);
  encoder_.precision = encoder::Precision::kInt8;
  Encode({"a"});
  EXPECT_EQ(encoder_.given.size(), 1u);
  Encode({"a"});
  EXPECT_EQ(encoder_.given.size(), 0u);
}

TEST_F(EmbeddedTextsTest, ForgetWhatWasNotAskedForLately) {
  for (int i = 0; i < 1000; ++i) {
    Encode({std::to_string(i)});
    Encode({"often"});
    if (i > 0) {
      EXPECT_EQ(encoder_.given.size(), 0u);
    }
  }
  Encode({"999"});
  EXPECT_EQ(encoder_.given.size(), 0u);
  Encode({"1"});
  EXPECT_EQ(encoder_.given.size(), 1u);
}

TEST_F(EmbeddedTextsTest, LetAnExceptionOfTheEncoderThrough) {
  class Throwing : public CountingEncoder {
    std::vector<float> Encode(std::span<const std::string_view>,
                              const std::function<bool()>&) const override {
      throw std::runtime_error("interrupted");
    }
  };
  const std::vector<std::string_view> texts = {"a"};
  EXPECT_THROW(texts_.Encode(Throwing(), "m", texts, {}), std::runtime_error);
  EXPECT_EQ(Encode({"a"}), (std::vector<float>{1, 'a'}));
}

}  // namespace
}  // namespace semblance::engine
