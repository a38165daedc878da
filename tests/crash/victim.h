// The process that is killed: this test program, started again. It loads the extension afresh and
// writes to a database, transaction after transaction, until it dies.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "tests/crash/workload.h"

namespace semblance::test {

struct VictimPlan {
  std::string file;
  std::string journal_mode;  // "delete" or "wal"
  Content content = Content::kVectors;
  uint64_t seed = 0;
  int transactions = 0;    // ends by itself after so many
  int optimize_every = 0;  // transactions; 0: never
};

struct Death {
  bool killed = false;    // by SIGKILL
  int acknowledged = 0;   // transactions whose COMMIT returned
  std::string complaint;  // an error that the victim met
};

// A victim that runs; the destructor waits for its end.
class Victim {
 public:
  // `crash_at`: SEMBLANCE_CRASH_AT's value; empty: none.
  Victim(const VictimPlan& plan, const std::string& crash_at);
  ~Victim();
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  void AwaitReady();  // its database is open
  void Kill();
  Death AwaitDeath();

 private:
  bool ReadReport();  // false at the end

  pid_t process_ = -1;
  int reports_ = -1;  // one byte a report, then the complaint
  bool ready_ = false;
  Death death_;
};

// In the started process: what argv says. Gives the exit status when nobody killed it.
int PlayVictim(int argc, char** argv);

}  // namespace semblance::test
