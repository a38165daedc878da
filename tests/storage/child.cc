#include "tests/storage/child.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <map>

#include "storage/format.h"
#include "tests/storage/temp_folder.h"

namespace semblance::storage {
namespace {

constexpr char kRoleVariable[] = "SEMBLANCE_STORAGE_TEST_ROLE";
constexpr char kFolderVariable[] = "SEMBLANCE_STORAGE_TEST_FOLDER";

void Die() { raise(SIGKILL); }

std::unique_ptr<Transaction> Prepared(Store* store, const std::string& name) {
  auto transaction = store->Begin();
  transaction->Put(kA, "key" + name, "value" + name);
  transaction->Delete(kA, "old");
  transaction->Prepare(name, /*sync=*/true);
  return transaction;
}

void PrepareAndDie(const std::string& folder) {
  const auto store = Store::Open(folder, TwoFamilies());
  PutNow(store.get(), kA, "old", "");
  const auto one = Prepared(store.get(), "1");
  const auto two = Prepared(store.get(), "2");
  PutNow(store.get(), kB, "after", "");
  Die();
}

void CommitAndDie(const std::string& folder) {
  const auto store = Store::Open(folder, TwoFamilies());
  Prepared(store.get(), "1")->Commit(/*sync=*/false);
  Prepared(store.get(), "2")->Rollback();
  const auto open = store->Begin();
  open->Put(kA, "never committed", "");
  Die();
}

void WriteHalfABlobAndDie(const std::string& folder) {
  const auto store = Store::Open(folder, TwoFamilies());
  const auto whole = store->NewBlob(kA, "replaced");
  whole->Write(std::string(3 * kChunkBytes, 'o'));
  whole->Finish();
  const auto replacing = store->NewBlob(kA, "replaced");
  replacing->Write(std::string(3 * kChunkBytes, 'n'));
  const auto fresh = store->NewBlob(kA, "fresh");
  fresh->Write(std::string(3 * kChunkBytes, 'n'));
  Die();
}

void TryToOpen(const std::string& folder) {
  try {
    Store::Open(folder, TwoFamilies());
    printf("opened");
  } catch (const Error& error) {
    printf("%d %s", static_cast<int>(error.kind()), error.what());
  }
}

// Before any test, in a process that has a role: play it and end.
class RolePlayer : public ::testing::Environment {
 public:
  void SetUp() override {
    const char* role = getenv(kRoleVariable);
    const char* folder = getenv(kFolderVariable);
    if (role == nullptr || folder == nullptr) return;
    const std::map<std::string, std::function<void(const std::string&)>> roles = {
        {"prepare and die", PrepareAndDie},
        {"commit and die", CommitAndDie},
        {"write half a blob and die", WriteHalfABlobAndDie},
        {"try to open", TryToOpen},
    };
    try {
      printf("\n>>>");
      fflush(stdout);  // the role may kill itself
      roles.at(role)(folder);
    } catch (const std::exception& error) {
      printf("%s: %s", role, error.what());
    }
    fflush(stdout);
    _exit(0);
  }
};
[[maybe_unused]] const ::testing::Environment* const kRolePlayer =
    ::testing::AddGlobalTestEnvironment(new RolePlayer);

std::string ReadAll(int descriptor) {
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = read(descriptor, buffer, sizeof(buffer))) > 0;) text.append(buffer, got);
  return text;
}

}  // namespace

std::string RunChild(const std::string& role, const std::string& folder) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    setenv(kRoleVariable, role.c_str(), 1);
    setenv(kFolderVariable, folder.c_str(), 1);
    execl("/proc/self/exe", "storage_test", static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ends[1]);
  std::string text = ReadAll(ends[0]);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  const size_t start = text.find(">>>");
  return start == std::string::npos ? text : text.substr(start + 3);
}

}  // namespace semblance::storage
