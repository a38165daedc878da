// Asks now and then whether a load, or a check, shall end. Threads: one.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/error.h"

namespace semblance::engine {

class LoadPoll {
 public:
  // No `cancel`: it never shall.
  explicit LoadPoll(const std::function<bool()>& cancel) : cancel_(cancel) {}

  // Throws kInterrupted.
  void Now() const {
    if (cancel_ && cancel_()) throw Error(ErrorKind::kInterrupted, "interrupted");
  }
  // For each row.
  void Row() const {
    constexpr uint64_t kRowsPerPoll = 256;
    if (++rows_ % kRowsPerPoll == 0) Now();
  }

 private:
  const std::function<bool()>& cancel_;
  mutable uint64_t rows_ = 0;
};

}  // namespace semblance::engine
