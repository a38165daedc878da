// Dropout masks from a counter: the same seed gives the same masks, whatever the number of threads.
#pragma once

#include <cstdint>

namespace semblance::training {

class DropoutStream {
 public:
  // `rate` in [0, 1).
  DropoutStream(double rate, uint64_t seed, uint64_t stream);

  double rate() const { return rate_; }
  // `mask` [size] becomes 0 with probability rate() and 1 / (1 - rate()) otherwise.
  void Fill(float* mask, int64_t size);
  // How much was drawn; set there again, the same masks come again.
  uint64_t position() const { return counter_; }
  void Seek(uint64_t position) { counter_ = position; }

 private:
  double rate_;
  uint64_t key_;
  uint64_t counter_ = 0;
};

}  // namespace semblance::training
