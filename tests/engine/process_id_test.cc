#include "engine/process_id.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace semblance::engine {
namespace {

TEST(ProcessId, IsTheChildsOwnAfterAFork) {
  EXPECT_EQ(ProcessId(), getpid());
  const pid_t child = fork();
  ASSERT_NE(child, -1);
  if (child == 0) _exit(ProcessId() == getpid() ? 0 : 1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(ProcessId(), getpid());
}

TEST(ProcessId, IsTheChildsOwnAfterACloneThatCallsNoHandlers) {
  EXPECT_EQ(ProcessId(), getpid());
  const auto child = static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, 0));
  ASSERT_NE(child, -1);
  if (child == 0) _exit(ProcessId() == getpid() ? 0 : 1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace semblance::engine
