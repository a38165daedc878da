// Ctrl-C ends the statement that runs, not the program, so that what is open is rolled back in
// order.
#pragma once

#include "tools/cli/connection.h"

namespace semblance::cli {

// While it lives, SIGINT and SIGTERM interrupt `connection`. One at a time.
class InterruptOnSignal {
 public:
  explicit InterruptOnSignal(Connection* connection);
  ~InterruptOnSignal();
  InterruptOnSignal(const InterruptOnSignal&) = delete;
  InterruptOnSignal& operator=(const InterruptOnSignal&) = delete;

  // True once a signal came; stays true.
  bool requested() const;
};

}  // namespace semblance::cli
