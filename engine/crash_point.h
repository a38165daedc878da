// Named places where a test kills the process: SEMBLANCE_CRASH_AT=name, or name:N for the N-th time
// it is passed. The names, in the order a commit meets them:
//   commit:before-prepare  commit:prepared  commit:in-sqlite  commit:committed  commit:published
//   seal:built  seal:saved  seal:manifest  seal:published  seal:cleaned
// and those a training run meets after each report:
//   train:reported  train:logged  train:saved (a checkpoint); train:published (the model)
// Without that variable a crash point is one comparison.
#pragma once

namespace semblance::engine {

void CrashPoint(const char* name);

}  // namespace semblance::engine
