#include "engine/row_commits.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/engine/sample_collection.h"

namespace semblance::engine {
namespace {

RowCommits Of(const std::vector<uint64_t>& commits) {
  RowCommits made;
  for (uint64_t commit : commits) made.Add(commit);
  made.Finish();
  return made;
}

TEST(RowCommits, AreWhatWasAddedAlsoAfterEncoding) {
  std::mt19937 random(1);
  for (const uint32_t longest : {1u, 2u, 5u, 100u, 5000u}) {
    std::vector<uint64_t> expected;
    uint64_t newest = 0;
    while (expected.size() < 5000) {
      const uint64_t commit = uint64_t{random()} << (random() % 30);
      newest = std::max(newest, commit);
      expected.insert(expected.end(), 1 + random() % longest, commit);
    }
    const RowCommits made = Of(expected);
    for (const RowCommits& commits : {made, RowCommits::Decode(made.Encode())}) {
      ASSERT_EQ(commits.size(), expected.size());
      EXPECT_EQ(commits.newest(), newest);
      for (uint32_t p = 0; p < expected.size(); ++p) ASSERT_EQ(commits[p], expected[p]) << p;
      EXPECT_LE(commits.bytes(), expected.size() * sizeof(uint64_t));
    }
  }
}

TEST(RowCommits, OfOneCommitTakeAFewBytes) {
  const RowCommits commits = Of(std::vector<uint64_t>(100000, 7));
  EXPECT_LT(commits.bytes(), 100u);
  EXPECT_LT(commits.Encode().size(), 100u);
}

// As they were written before there were runs.
TEST(RowCommits, AreReadAsNumbersOfEachRow) {
  const std::vector<uint64_t> of_each = {3, 3, 3, 3, 3, 9, 3};
  const std::string value(reinterpret_cast<const char*>(of_each.data()), of_each.size() * 8);
  const RowCommits commits = RowCommits::Decode(value);
  ASSERT_EQ(commits.size(), 7u);
  for (uint32_t p = 0; p < 7; ++p) EXPECT_EQ(commits[p], of_each[p]);
}

TEST(RowCommits, ThatAreDamagedAreRefused) {
  const std::string good = Of({1, 1, 1, 1, 2, 2, 2, 2}).Encode();
  ASSERT_EQ(good.size(), 29u);
  EXPECT_EQ(RowCommits::Decode(good)[4], 2u);
  const auto refused = [](const std::string& value) {
    EXPECT_EQ(KindThrownBy([&] { RowCommits::Decode(value); }), ErrorKind::kCorruption);
  };
  refused(good.substr(0, 28));
  refused(good.substr(0, 5));
  for (size_t at : {0u, 5u, 17u}) {  // no runs; a first that is not 0; one that does not ascend
    std::string bad = good;
    bad[at] = at == 17 ? 0 : 5;
    refused(bad);
  }
  std::string beyond = good;
  beyond[17] = 8;
  refused(beyond);
}

}  // namespace
}  // namespace semblance::engine
