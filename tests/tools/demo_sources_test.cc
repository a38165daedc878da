#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/temp_folder.h"
#include "tools/cli/demo_glosses.h"
#include "tools/cli/demo_packages.h"
#include "tools/cli/demo_queries.h"

namespace semblance::cli {
namespace {

std::vector<Package> Parse(const std::vector<std::string>& lines) {
  PackageParser parser;
  std::vector<Package> packages;
  for (const std::string& line : lines) {
    if (auto package = parser.AddLine(line)) packages.push_back(*package);
  }
  if (auto package = parser.Finish()) packages.push_back(*package);
  return packages;
}

TEST(PackageParserTest, AStanzaBecomesAPackage) {
  const auto packages = Parse(
      {"Package: gull", "Version: 1.0", "Installed-Size: 123", "Description: counts sea birds",
       "Description-md5: 0c13", "Tag: use::counting,", " works-with::birds", "Section: science", "",
       "Package: tern", "Section: games", "Description: a game: catch the fish"});
  ASSERT_EQ(packages.size(), 2u);
  EXPECT_EQ(packages[0].name, "gull");
  EXPECT_EQ(packages[0].description, "counts sea birds");
  EXPECT_EQ(packages[0].section, "science");
  EXPECT_EQ(packages[0].installed_kib, 123);
  EXPECT_EQ(packages[1].description, "a game: catch the fish");
  EXPECT_EQ(packages[1].installed_kib, 0);
}

TEST(PackageParserTest, ALongDescriptionGivesItsFirstParagraph) {
  const auto packages =
      Parse({"Package: gull", "Description-en: counts sea birds", " It counts them",
             " from pictures.", " .", " More about it.", "Section: science"});
  ASSERT_EQ(packages.size(), 1u);
  EXPECT_EQ(packages[0].description, "counts sea birds. It counts them from pictures.");
}

TEST(PackageParserTest, AStanzaWithoutNameOrDescriptionIsNone) {
  EXPECT_TRUE(Parse({"Package: gull", "", "Description: x", "", "", "garbage"}).empty());
}

TEST(GlossTest, ALineOfWordNetGivesWordsAndTheDefinitionWithoutExamples) {
  const auto gloss = ParseGloss(
      "00000010 03 n 02 sea_bird 0 seafowl 1 002 @ 00000020 n 0000 ~ 00000030 n 0000 | a bird of "
      "the coast; or of the"
      " open sea; \"sea birds nest on cliffs\"; \"a colony of seafowl\"  ",
      "noun");
  ASSERT_TRUE(gloss);
  EXPECT_EQ(gloss->words, "sea bird, seafowl");
  EXPECT_EQ(gloss->text, "a bird of the coast; or of the open sea");
  EXPECT_EQ(gloss->part_of_speech, "noun");
}

TEST(GlossTest, TheMarkOfAnAdjectiveIsNoPartOfTheWord) {
  const auto gloss =
      ParseGloss("00000011 00 s 01 galore(ip) 0 000 | existing in abundance", "adjective");
  ASSERT_TRUE(gloss);
  EXPECT_EQ(gloss->words, "galore");
}

TEST(GlossTest, WhatIsNoSuchLineIsPassedOver) {
  EXPECT_FALSE(ParseGloss("  1 This software and database is being provided", "noun"));
  EXPECT_FALSE(ParseGloss("", "noun"));
  EXPECT_FALSE(ParseGloss("00000010 03 n 02 sea_bird 0", "noun"));
  EXPECT_FALSE(ParseGloss("00000010 03 n 09 sea_bird 0 | cut short", "noun"));
}

TEST(GlossTest, ALimitTakesThemFromAllPartsOfSpeech) {
  const TempFolder folder;
  folder.File("data.noun", "00000001 03 n 01 a 0 000 | first\n00000002 03 n 01 b 0 000 | second\n");
  folder.File("data.adv", "00000003 03 r 01 c 0 000 | third\n00000004 03 r 01 d 0 000 | fourth\n");
  const std::string path = folder.Path("");
  EXPECT_EQ(ReadGlosses(path, 0).size(), 4u);
  const auto two = ReadGlosses(path, 2);
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].part_of_speech, "noun");
  EXPECT_EQ(two[1].part_of_speech, "adverb");
  EXPECT_TRUE(ReadGlosses(folder.Path("absent"), 0).empty());
}

TEST(DemoQueriesTest, NothingInTheWordsIsAnOperatorOfFts5) {
  EXPECT_EQ(AnyWord("don't NOT (this)"), "\"don\" OR \"t\" OR \"NOT\" OR \"this\"");
  EXPECT_EQ(AnyWord("naïve"), "\"naïve\"");
  EXPECT_EQ(AnyWord("..."), "");
}

}  // namespace
}  // namespace semblance::cli
