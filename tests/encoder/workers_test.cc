#include "engine/encoder/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/encoder/fixtures.h"

namespace semblance::encoder {
namespace {

TEST(WorkersTest, EveryJobIsDoneOnceByAWorkerOfTheRightNumber) {
  for (const int threads : {1, 2, 5}) {
    std::vector<std::atomic<int>> done(100);
    std::atomic<int> wrong_worker{0};
    RunJobs(done.size(), threads,
            [&](size_t number, int worker) {
              ++done[number];
              wrong_worker += worker < 0 || worker >= threads;
            },
            {});
    for (const auto& count : done) EXPECT_EQ(count, 1);
    EXPECT_EQ(wrong_worker, 0);
  }
}

TEST(WorkersTest, NoJobsAreNoWork) {
  RunJobs(0, 4, [](size_t, int) { FAIL() << "there was no job"; }, {});
}

TEST(WorkersTest, OneThreadWorksInOrderOnTheCallingThread) {
  std::vector<size_t> order;
  const std::thread::id caller = std::this_thread::get_id();
  bool elsewhere = false;
  RunJobs(5, 1,
          [&](size_t number, int) {
            order.push_back(number);
            elsewhere |= std::this_thread::get_id() != caller;
          },
          {});
  EXPECT_EQ(order, (std::vector<size_t>{0, 1, 2, 3, 4}));
  EXPECT_FALSE(elsewhere);
}

TEST(WorkersTest, WhatAJobThrowsArrivesAndEndsTheWork) {
  std::atomic<int> done{0};
  const auto work = [&](int threads) {
    RunJobs(1000, threads,
            [&](size_t number, int) {
              ++done;
              if (number == 3) throw std::runtime_error("job 3");
            },
            {});
  };
  EXPECT_THROW(work(1), std::runtime_error);
  EXPECT_EQ(done, 4);
  EXPECT_THROW(work(3), std::runtime_error);
}

TEST(WorkersTest, CancellingIsAskedForOnTheCallingThreadAndEndsTheWork) {
  const std::thread::id caller = std::this_thread::get_id();
  for (const int threads : {1, 3}) {
    int asked = 0;
    bool elsewhere = false;
    const auto cancel = [&] {
      elsewhere |= std::this_thread::get_id() != caller;
      return ++asked == 2;
    };
    // More jobs than could ever be done, unless cancelling works.
    EXPECT_EQ(KindOf([&] {
                RunJobs(
                    SIZE_MAX, threads, [](size_t, int) {}, cancel);
              }),
              ErrorKind::kInterrupted);
    EXPECT_EQ(asked, 2);
    EXPECT_FALSE(elsewhere);
  }
}

TEST(WorkersTest, ACancelThatThrowsEndsTheWorkToo) {
  const auto cancel = []() -> bool { throw std::runtime_error("cancel"); };
  EXPECT_THROW(RunJobs(
                   SIZE_MAX, 3, [](size_t, int) {}, cancel),
               std::runtime_error);
}

}  // namespace
}  // namespace semblance::encoder
