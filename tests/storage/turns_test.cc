#include "storage/turns.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <thread>

#include "tests/storage/temp_folder.h"

namespace semblance::storage {
namespace {

using std::chrono::steady_clock;

TEST(TurnsTest, ARequestIsSeenWhileItLives) {
  const TempFolder folder;
  const Turns turns(folder / "");
  EXPECT_FALSE(turns.Asked());
  {
    const TurnRequest request(folder / "");
    const TurnRequest another(folder / "");
    EXPECT_TRUE(turns.Asked());
  }
  EXPECT_FALSE(turns.Asked());
}

TEST(TurnsTest, ARequestWakesWhoWaitsForOne) {
  const TempFolder folder;
  Turns turns(folder / "");
  std::optional<TurnRequest> request;
  std::thread asker([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    request.emplace(folder / "");
  });
  while (!turns.Asked()) turns.WaitUntilAsked();
  asker.join();
  EXPECT_TRUE(turns.Asked());
}

TEST(TurnsTest, WakeEndsAWait) {
  const TempFolder folder;
  Turns turns(folder / "");
  turns.Wake();
  turns.WaitUntilAsked();  // returns at once, or this test takes ten seconds
  std::thread waker([&] { turns.Wake(); });
  turns.WaitUntilAsked();
  waker.join();
}

TEST(TurnsTest, TheRequestOfAKilledProcessIsGone) {
  const TempFolder folder;
  const Turns turns(folder / "");
  const pid_t child = fork();
  if (child == 0) {
    const TurnRequest request(folder / "");
    pause();
    _exit(0);
  }
  const auto deadline = steady_clock::now() + std::chrono::seconds(30);
  while (!turns.Asked() && steady_clock::now() < deadline) usleep(1000);
  EXPECT_TRUE(turns.Asked());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(turns.Asked());
}

TEST(TurnsTest, AFolderThatIsNotThereIsAnError) {
  const TempFolder folder;
  EXPECT_EQ(KindThrownBy([&] { Turns turns(folder / "none"); }), ErrorKind::kMissing);
  EXPECT_EQ(KindThrownBy([&] { TurnRequest request(folder / "none"); }), ErrorKind::kMissing);
}

// RocksDB's threads are not in the child: it used to wait for them for ever.
TEST(ForkTest, AChildOfAProcessThatHasOpenedAStoreIsToldSo) {
  const TempFolder folder;
  const auto store = Store::Open(folder / "parent", TwoFamilies());
  const pid_t child = fork();
  if (child == 0) {
    try {
      Store::Open(folder / "child", TwoFamilies());
      _exit(1);
    } catch (const Error& error) {
      _exit(error.kind() == ErrorKind::kForked ? 0 : 2);
    }
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace semblance::storage
