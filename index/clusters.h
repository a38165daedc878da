// k-means: centres of groups of vectors that lie near each other.
//
// Under cosine the vectors count by their direction and centres have unit length (spherical
// k-means); under L2 and the inner product, which is no distance, a centre is the mean of its
// vectors and near is what is near under L2.
//
// The same vectors, options and processor give the same centres.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "index/metric.h"

namespace semblance::index {

struct ClusterOptions {
  Metric metric = Metric::kCosine;
  uint32_t dimension = 0;
  uint32_t clusters = 8;  // at least 1
  uint64_t seed = 1;      // of the first centres
  // kSpread: far from each other (k-means++), which takes a reading of all vectors for each.
  enum class First { kSpread, kAny } first = First::kSpread;
  uint32_t rounds = 25;  // at most; fewer when nothing moves any more
  uint32_t threads = 1;  // the result is the same whatever their number
  // Polled on the calling thread, when given; true throws kInterrupted.
  std::function<bool()> cancel;
};

// Which vectors to look for centres in: the positions of `wanted` out of `count`, ascending, each
// set as likely as any other; all of them when there are no more.
std::vector<uint32_t> SamplePositions(uint64_t count, uint64_t wanted, uint64_t seed);

class Clustering {
 public:
  // vectors [n, dimension], n at least 1, finite, none zero under cosine: moved from, since they
  // are scaled in place. Fewer centres than asked for when fewer vectors differ.
  static Clustering Of(const ClusterOptions& options, std::vector<float> vectors);

  uint32_t size() const { return static_cast<uint32_t>(centres_.size() / dimension_); }
  std::span<const float> centre(uint32_t i) const {
    return std::span<const float>(centres_).subspan(size_t{i} * dimension_, dimension_);
  }

  struct Assignment {
    uint32_t cluster;
    double distance;  // to its centre: cosine, else L2, as metric.h has them
  };
  // The nearest centre of a raw vector [dimension]; of equals the first.
  Assignment Assign(std::span<const float> vector) const;

 private:
  Clustering(Metric metric, uint32_t dimension) : metric_(metric), dimension_(dimension) {}

  Metric metric_;  // kCosine or kL2
  uint32_t dimension_;
  std::vector<float> centres_;  // [size, dimension]
};

}  // namespace semblance::index
