// The random numbers of training: own streams, so that a run depends on its seed alone and never on
// what else the process draws. Not for secrets.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <utility>
#include <vector>

namespace semblance::training {

// One well-mixed 64-bit number for each input (SplitMix64's finaliser); `Mix(key + i)` is a stream
// with random access.
inline uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

class Random {
 public:
  // Streams of one seed are independent: weights, order, masks and dropout each have their own.
  Random(uint64_t seed, uint64_t stream)
      : key_(Mix(Mix(seed) ^ (stream * 0xd6e8feb86659fd93ull))) {}

  uint64_t Next() { return Mix(key_ + counter_++ * 0x9e3779b97f4a7c15ull); }
  // How many numbers were drawn; a stream that is set there goes on from there.
  uint64_t position() const { return counter_; }
  void Seek(uint64_t position) { counter_ = position; }
  // Uniform in [0, n), n > 0; the bias is below n / 2^64.
  uint64_t Below(uint64_t n) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * n) >> 64);
  }
  // Uniform in [0, 1).
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  double Normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - Uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * Uniform());
  }

  template <typename T>
  void Shuffle(std::vector<T>* items) {
    for (size_t i = items->size(); i > 1; --i) std::swap((*items)[i - 1], (*items)[Below(i)]);
  }

 private:
  uint64_t key_;
  uint64_t counter_ = 0;
};

}  // namespace semblance::training
