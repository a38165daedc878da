// What a tokenizer.json may say and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/encoder/base64.h"
#include "engine/encoder/wire.h"
#include "tests/encoder/fixtures.h"
#include "tests/encoder/tokenizer_files.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

// What is wrong with the file of `folder` after a JSON merge patch.
std::string Wrong(const std::string& folder, const json& patch) {
  json tokenizer = TokenizerJson(folder);
  tokenizer.merge_patch(patch);
  return WhatIsWrong(PackageOfJson(tokenizer));
}

Ids Encoded(const json& tokenizer, const std::string& text) {
  return Tokenizer::Load(PackageOfJson(tokenizer))->Encode(text, 64);
}

TEST(TokenizerJsonTest, AnotherComponentIsRefusedByItsNameAndPlace) {
  const json other = {{"type", "Fancy"}};
  for (const char* folder : kImported) {
    for (const char* key : {"normalizer", "pre_tokenizer", "post_processor"}) {
      EXPECT_THAT(Wrong(folder, {{key, other}}),
                  AllOf(HasSubstr("tokenizer.json: its " + std::string(key) + " is not supported"),
                        HasSubstr("Fancy")))
          << folder;
    }
    EXPECT_THAT(Wrong(folder, {{"model", other}}), HasSubstr("its model is not supported"));
    EXPECT_THAT(Wrong(folder, {{"post_processor", nullptr}}), HasSubstr("not null"));
  }
}

TEST(TokenizerJsonTest, SettingsThatCannotBeFollowedAreRefused) {
  EXPECT_THAT(Wrong("bert_uncased", {{"normalizer", {{"clean_text", false}}}}),
              HasSubstr("clean_text"));
  EXPECT_THAT(Wrong("roberta", {{"pre_tokenizer", {{"use_regex", false}}}}),
              HasSubstr("use_regex"));
  EXPECT_THAT(Wrong("roberta", {{"model", {{"dropout", 0.1}}}}), HasSubstr("dropout"));
  EXPECT_THAT(Wrong("roberta", {{"model", {{"ignore_merges", true}}}}), HasSubstr("ignore_merges"));
  EXPECT_THAT(Wrong("roberta", {{"model", {{"end_of_word_suffix", "</w>"}}}}),
              HasSubstr("end_of_word_suffix"));
  EXPECT_THAT(Wrong("albert", {{"model", {{"byte_fallback", true}}}}), HasSubstr("byte_fallback"));
  EXPECT_THAT(Wrong("albert", {{"model", {{"unk_id", nullptr}}}}), HasSubstr("unk_id"));
  const json metaspace = {{"type", "Metaspace"}, {"replacement", "_"}};
  EXPECT_THAT(Wrong("albert", {{"pre_tokenizer", metaspace}}), HasSubstr("replacement"));
  const json first = {{"type", "Metaspace"}, {"prepend_scheme", "first"}};
  EXPECT_THAT(Wrong("xlm_roberta", {{"pre_tokenizer", first}}), HasSubstr("prepend_scheme"));
}

TEST(TokenizerJsonTest, StepsOfANormalizerMustStandInTheOrderThatIsFollowed) {
  const auto wrong = [](const json& steps) {
    json tokenizer = TokenizerJson("albert");
    tokenizer["normalizer"] = {{"type", "Sequence"}, {"normalizers", steps}};
    return WhatIsWrong(PackageOfJson(tokenizer));
  };
  const json nfkd = {{"type", "NFKD"}}, strip = {{"type", "StripAccents"}},
             lower = {{"type", "Lowercase"}};
  const json odd = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "b"}};
  EXPECT_EQ(wrong(json::array({nfkd, strip, lower})), "");
  EXPECT_EQ(wrong(json::array()), "");
  EXPECT_THAT(wrong(json::array({strip, nfkd})), HasSubstr("\"NFKD\" behind"));
  EXPECT_THAT(wrong(json::array({nfkd})), HasSubstr("one without the other"));
  EXPECT_THAT(wrong(json::array({odd})), HasSubstr("\"Replace\" in that form"));
}

TEST(TokenizerJsonTest, WhatIsDamagedIsSaid) {
  EXPECT_THAT(WhatIsWrong(Package({{"tokenizer.json", "{"}})),
              HasSubstr("tokenizer.json: not JSON"));
  EXPECT_THAT(WhatIsWrong(Package({{"tokenizer.json", "{}"}})), HasSubstr("there is no \"model\""));
  EXPECT_THAT(Wrong("roberta", {{"model", {{"merges", {"a b c"}}}}}), HasSubstr("merge 0"));
  EXPECT_THAT(Wrong("roberta", {{"model", {{"vocab", {{"a", -1}}}}}}), HasSubstr("\"a\""));
  EXPECT_THAT(Wrong("albert", {{"model", {{"vocab", {1, 2}}}}}), HasSubstr("piece 0"));
  EXPECT_THAT(Wrong("bert_cased", {{"added_tokens", {1}}}), HasSubstr("added_tokens"));
  EXPECT_THAT(Wrong("bert_cased", {{"post_processor", {{"special_tokens", nullptr}}}}),
              HasSubstr("[CLS]"));
  const json bad = {{"type", "Precompiled"}, {"precompiled_charsmap", "?"}};
  EXPECT_THAT(Wrong("albert", {{"normalizer", {{"normalizers", {bad}}}}}), HasSubstr("base64"));
  const json broken = {{"type", "Precompiled"}, {"precompiled_charsmap", "AAAA"}};
  EXPECT_THAT(Wrong("albert", {{"normalizer", {{"normalizers", {broken}}}}}),
              HasSubstr("normalisation rules"));
}

TEST(TokenizerJsonTest, MergesMayBePairsAndAPrefixSpaceIsFollowed) {
  const json before = TokenizerJson("roberta");
  json pairs = before;
  for (json& merge : pairs["model"]["merges"]) {
    const std::string text = merge;
    const size_t space = text.find(' ');
    merge = json::array({text.substr(0, space), text.substr(space + 1)});
  }
  EXPECT_EQ(Encoded(pairs, "the other thing"), Encoded(before, "the other thing"));
  pairs["pre_tokenizer"]["add_prefix_space"] = true;
  EXPECT_EQ(Encoded(pairs, "the other"), Encoded(before, " the other"));
}

TEST(TokenizerJsonTest, AddedTokensThatAreNormalizedAreFoundInTheFoldedText) {
  json tokenizer = TokenizerJson("bert_uncased");
  json token = tokenizer["added_tokens"][0];
  token["id"] = 958;
  token["content"] = "Caf\xc3\xa9 Noir";
  token["special"] = false;
  for (const bool normalized : {true, false}) {
    token["normalized"] = normalized;
    json with = tokenizer;
    with["added_tokens"].push_back(token);
    const auto has = [&](const std::string& text) {
      const Ids ids = Encoded(with, text);
      return std::find(ids.begin(), ids.end(), 958) != ids.end();
    };
    EXPECT_TRUE(has("a Caf\xc3\xa9 Noir"));
    EXPECT_EQ(has("a cafe noir"), normalized);
    EXPECT_EQ(has("a CAFE  NOIR!"), normalized);
    EXPECT_EQ(Tokenizer::Load(PackageOfJson(with))->vocabulary_size(), 959u);
  }
}

TEST(Base64Test, BytesComeBackAndNothingElseIsTaken) {
  EXPECT_EQ(DecodeBase64(""), "");
  EXPECT_EQ(DecodeBase64("Zg=="), "f");
  EXPECT_EQ(DecodeBase64("Zm8"), "fo");
  EXPECT_EQ(DecodeBase64("Zm9v"), "foo");
  EXPECT_EQ(DecodeBase64("+/8A"), std::string("\xfb\xff\0", 3));
  for (const char* text : {"Z", "Zm9v!", "Zg===", "Z g=", "Zg==Zg=="}) {
    EXPECT_EQ(DecodeBase64(text), std::nullopt) << text;
  }
}

TEST(WireTest, WhatIsWrittenIsRead) {
  std::string message;
  WriteNumber(3, 300, &message);
  WriteFloat(20, -2.5f, &message);
  WriteBytes(1, "abc", &message);
  WireReader reader(message);
  EXPECT_EQ(reader.Next()->value, 300u);
  const auto real = reader.Next();
  EXPECT_EQ(real->number, 20u);
  EXPECT_EQ(real->value, 0xc0200000u);
  EXPECT_EQ(reader.Next()->bytes, "abc");
  EXPECT_FALSE(reader.Next());
}

}  // namespace
}  // namespace semblance::encoder
