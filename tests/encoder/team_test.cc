#include "engine/encoder/team.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace semblance::encoder {
namespace {

TEST(TeamTest, NobodyGoesOnBeforeAllHaveArrived) {
  for (const int members : {1, 2, 5}) {
    constexpr int kSteps = 300;
    std::vector<int> done(static_cast<size_t>(members));
    std::atomic<int> early{0};
    RunTeam(members, [&](int member, Team& team) {
      for (int step = 1; step <= kSteps; ++step) {
        done[static_cast<size_t>(member)] = step;
        team.Wait();
        early += *std::min_element(done.begin(), done.end()) < step;
        team.Wait();
      }
    });
    EXPECT_EQ(early, 0);
    EXPECT_EQ(done, std::vector<int>(static_cast<size_t>(members), kSteps));
  }
}

TEST(TeamTest, TheSharesOfAllMembersAreEverythingOnce) {
  for (const size_t count : {0, 1, 3, 12, 13}) {
    std::vector<std::atomic<int>> taken(count);
    RunTeam(4, [&](int member, Team& team) {
      const Range share = ShareOf(count, member, team);
      for (size_t i = share.begin; i < share.end; ++i) ++taken[i];
    });
    for (const auto& times : taken) EXPECT_EQ(times, 1);
  }
}

TEST(TeamTest, WhatAMemberThrowsEndsTheOthersAndIsThrown) {
  for (const int thrower : {0, 2}) {
    std::atomic<int> passed{0};
    const auto run = [&] {
      RunTeam(3, [&](int member, Team& team) {
        team.Wait();
        if (member == thrower) throw std::runtime_error("no");
        team.Wait();
        ++passed;
      });
    };
    EXPECT_THROW(run(), std::runtime_error);
    EXPECT_EQ(passed, 0);
  }
}

}  // namespace
}  // namespace semblance::encoder
