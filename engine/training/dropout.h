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
  // What Fill would draw, for who makes the mask elsewhere: word w of `words` is Mix(key + w *
  // 0x9e3779b97f4a7c15), element i is 0 where 16 bits of word i / 4, the lowest first, are below
  // `threshold`, and `kept` otherwise.
  struct Part {
    uint64_t key = 0;
    int64_t words = 0;
    uint32_t threshold = 0;
    float kept = 1;
  };
  Part Take(int64_t size);
  // How much was drawn; set there again, the same masks come again.
  uint64_t position() const { return counter_; }
  void Seek(uint64_t position) { counter_ = position; }

 private:
  double rate_;
  uint64_t key_;
  uint64_t counter_ = 0;
};

}  // namespace semblance::training
