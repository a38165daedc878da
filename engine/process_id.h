// The process's number, for what must notice that it is in a child made by fork().
#pragma once

#include <sys/types.h>

namespace semblance::engine {

// getpid() without a system call, which takes longer than all else that a search does before it
// searches. A child made by fork() asks anew. Threads: any.
pid_t ProcessId();

}  // namespace semblance::engine
