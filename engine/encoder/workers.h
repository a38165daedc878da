// A list of jobs done by a few threads.
#pragma once

#include <cstddef>
#include <functional>

namespace semblance::encoder {

// Calls job(number, worker) once for every number below `jobs`, on at most `threads` threads, the
// calling one included and numbered 0; jobs are taken in order. `cancel` (may be empty) is polled
// between jobs on the calling thread alone; true ends the work with kInterrupted. What a job throws
// ends the work and is thrown here. Returns when all threads are done.
//
// Threads of the standard library, not of OpenMP, do the work: they cost some ten microseconds to
// start and are gone afterwards, so that a process which forks, or counts its threads, sees none.
void RunJobs(size_t jobs, int threads, const std::function<void(size_t number, int worker)>& job,
             const std::function<bool()>& cancel);

}  // namespace semblance::encoder
