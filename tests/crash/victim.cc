#include "tests/crash/victim.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <vector>

#include "tests/sql/test_connection.h"
#include "tools/stress/self_process.h"

namespace semblance::test {
namespace {

constexpr char kReady = 'R';
constexpr char kCommitted = 'C';
constexpr int kArguments = 8;

void Report(const std::string& bytes) {
  if (write(stress::kReports, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    _exit(4);
}

void Write(const VictimPlan& plan) {
  TestConnection connection(plan.file);
  // A killed process loses nothing that the system has already taken, so the disk need not be
  // waited for.
  connection.Rows("PRAGMA synchronous = OFF; PRAGMA journal_mode = " + plan.journal_mode);
  connection.Rows("SELECT count(*) FROM t");
  Report({kReady});
  for (int number = 0; number < plan.transactions; ++number) {
    if (plan.optimize_every != 0 && number % plan.optimize_every == plan.optimize_every - 1) {
      connection.Rows("INSERT INTO t(t) VALUES('optimize')");
    }
    connection.Rows("BEGIN");
    for (const Operation& operation :
         MakeTransaction(plan.content, plan.seed, static_cast<uint64_t>(number))) {
      connection.Rows(ToSql(plan.content, operation));
    }
    connection.Rows("COMMIT");
    Report({kCommitted});
  }
}

}  // namespace

int PlayVictim(int argc, char** argv) {
  if (argc != kArguments) return 2;
  VictimPlan plan;
  plan.file = argv[2];
  plan.journal_mode = argv[3];
  plan.content = std::string(argv[4]) == "texts" ? Content::kTexts : Content::kVectors;
  plan.seed = strtoull(argv[5], nullptr, 10);
  plan.transactions = atoi(argv[6]);
  plan.optimize_every = atoi(argv[7]);
  try {
    Write(plan);
  } catch (const std::exception& error) {
    Report(error.what());
    return 3;
  }
  return 0;
}

Victim::Victim(const VictimPlan& plan, const std::string& crash_at) {
  std::vector<std::string> arguments = {"crash_test",
                                        "--victim",
                                        plan.file,
                                        plan.journal_mode,
                                        plan.content == Content::kTexts ? "texts" : "vectors",
                                        std::to_string(plan.seed),
                                        std::to_string(plan.transactions),
                                        std::to_string(plan.optimize_every)};
  const stress::SelfProcess started = stress::StartSelf(std::move(arguments), crash_at);
  process_ = started.process;
  reports_ = started.reports;
}

Victim::~Victim() {
  if (process_ > 0) {
    Kill();
    AwaitDeath();
  }
}

bool Victim::ReadReport() {
  char report = 0;
  if (read(reports_, &report, 1) != 1) return false;
  if (death_.complaint.empty() && report == kReady && !ready_) {
    ready_ = true;
  } else if (death_.complaint.empty() && report == kCommitted) {
    ++death_.acknowledged;
  } else {
    death_.complaint += report;
  }
  return true;
}

void Victim::AwaitReady() {
  while (!ready_ && ReadReport()) {
  }
}

void Victim::Kill() { kill(process_, SIGKILL); }

Death Victim::AwaitDeath() {
  while (ReadReport()) {
  }
  close(reports_);
  int status = 0;
  waitpid(process_, &status, 0);
  process_ = -1;
  death_.killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && death_.complaint.empty()) {
    death_.complaint = "it ended with status " + std::to_string(WEXITSTATUS(status));
  }
  return death_;
}

}  // namespace semblance::test
