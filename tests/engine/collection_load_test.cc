// Loading a collection, which the first search of a process does: it ends when it is told.

#include <gtest/gtest.h>

#include <numeric>

#include "tests/engine/sample_collection.h"

namespace semblance::engine {
namespace {

// How often one load polls; `stop`: the poll that says yes, 0 for none.
int PollsOfALoad(SampleCollection* sample, int stop) {
  int polls = 0;
  sample->Reopen();
  const auto load = [&] {
    (*sample)->ViewAt(sample->last_commit(), nullptr, [&] { return ++polls == stop; });
  };
  if (stop == 0) {
    load();
  } else {
    EXPECT_EQ(KindThrownBy(load), ErrorKind::kInterrupted);
    EXPECT_EQ(polls, stop);
  }
  return polls;
}

void ExpectThatALoadEndsAtEveryPoll(SampleCollection* sample, int least_polls) {
  const auto before = sample->Now();
  const int polls = PollsOfALoad(sample, 0);
  EXPECT_GE(polls, least_polls);
  for (const int stop : {1, (polls + 1) / 2, polls}) {
    PollsOfALoad(sample, stop);
    EXPECT_EQ(sample->Now(), before) << "after an end at poll " << stop;
  }
}

TEST(CollectionLoadTest, EndsWhenItIsToldWhileSegmentsAreRead) {
  SampleCollection sample(256);
  sample.PutMany(1, 5000);  // 5 MB
  sample->Optimize(NeverCancel);
  ExpectThatALoadEndsAtEveryPoll(&sample, 5);
}

TEST(CollectionLoadTest, EndsWhenItIsToldWhileTheLogIsReplayed) {
  SampleCollection sample(2);
  sample.PutMany(1, 3000);
  sample->Optimize(NeverCancel);
  const int of_segments = PollsOfALoad(&sample, 0);
  sample.PutMany(3001, 3000);
  ExpectThatALoadEndsAtEveryPoll(&sample, of_segments + 2);
}

TEST(CollectionLoadTest, EndsWhenItIsToldWhileAllRowsAreRead) {
  SampleCollection sample(2);
  sample.PutMany(1, 3000);
  ExpectThatALoadEndsAtEveryPoll(&sample, 2);
}

TEST(CollectionCheckTest, EndsWhenItIsTold) {
  SampleCollection sample(2);
  sample.PutMany(1, 3000);
  std::vector<int64_t> rows(3000);
  std::iota(rows.begin(), rows.end(), 1);
  const auto check = [&](int stop) {
    int polls = 0;
    const auto problems = sample->Check(sample.last_commit(), rows, Collection::Expect::kVectorEach,
                                        [&] { return ++polls == stop; });
    EXPECT_TRUE(problems.empty());
    EXPECT_GE(polls, 5);
  };
  check(0);
  EXPECT_EQ(KindThrownBy([&] { check(3); }), ErrorKind::kInterrupted);
  check(0);
}

}  // namespace
}  // namespace semblance::engine
