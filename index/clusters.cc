#include "index/clusters.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>

#include "index/centre_finder.h"
#include "index/error.h"
#include "index/parallel.h"

namespace semblance::index {
namespace {

// splitmix64, and what is drawn from it: the library's distributions differ between libraries.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  double Fraction() { return static_cast<double>(Next() >> 11) * 0x1p-53; }  // in [0, 1)

 private:
  uint64_t state_;
};

// One run of k-means over vectors [n, dimension].
class KMeans {
 public:
  KMeans(const ClusterOptions& options, const std::vector<float>& vectors)
      : options_(options),
        vectors_(vectors),
        dimension_(options.dimension),
        count_(vectors.size() / dimension_),
        cluster_(count_, 0),
        distance_(count_, std::numeric_limits<float>::max()) {}

  std::vector<float> Run() {
    ChooseFirst();
    double before = std::numeric_limits<double>::infinity();
    for (uint32_t round = 0; round < options_.rounds; ++round) {
      const double spread = AssignAll();
      if (spread >= before * (1 - kLeastGain)) break;
      before = spread;
      MoveCentres();
    }
    return std::move(centres_);
  }

 private:
  static constexpr double kLeastGain = 1e-4;       // of a round, or it was the last
  static constexpr size_t kRowsTogether = 64;      // of a block of work
  static constexpr size_t kCentresTogether = 128;  // measured from each of them while they are near
  // From so many on, of rows that are long enough, the nearest is looked for by codes.
  static constexpr size_t kManyCentres = 64;

  const float* Row(size_t i) const { return vectors_.data() + i * dimension_; }
  size_t centres() const { return centres_.size() / dimension_; }

  void Poll() const {
    if (options_.cancel && options_.cancel()) throw Error(ErrorKind::kInterrupted, "interrupted");
  }

  // k-means++: each next one is drawn with a chance that grows with the squared distance to the
  // nearest that is there.
  void ChooseFirst() {
    if (options_.first == ClusterOptions::First::kAny) {
      for (uint32_t row : SamplePositions(count_, options_.clusters, options_.seed))
        centres_.insert(centres_.end(), Row(row), Row(row) + dimension_);
      return;
    }
    Random random(options_.seed);
    AddCentre(static_cast<size_t>(random.Next() % count_));
    while (centres() < std::min<size_t>(options_.clusters, count_)) {
      const double all = std::accumulate(distance_.begin(), distance_.end(), 0.0);
      if (!(all > 0)) return;  // the rest are the same as some centre
      double left = random.Fraction() * all;
      size_t next = count_;
      for (size_t i = 0; i < count_; ++i) {
        if (distance_[i] <= 0) continue;
        next = i;
        left -= distance_[i];
        if (left < 0) break;
      }
      AddCentre(next);
    }
  }

  void AddCentre(size_t row) {
    centres_.insert(centres_.end(), Row(row), Row(row) + dimension_);
    const float* const centre = centres_.data() + centres_.size() - dimension_;
    constexpr size_t kBlock = 256;
    float distances[kBlock];
    Poll();
    for (size_t first = 0; first < count_; first += kBlock) {
      const size_t count = std::min(kBlock, count_ - first);
      SquaredL2s(centre, Row(first), count, dimension_, distances);
      for (size_t i = 0; i < count; ++i)
        distance_[first + i] = std::min(distance_[first + i], distances[i]);
    }
    distance_[row] = 0;
  }

  // Gives each row its nearest centre; the sum of the squared distances.
  double AssignAll() {
    const size_t blocks = (count_ + kRowsTogether - 1) / kRowsTogether;
    std::optional<CentreFinder> finder;
    if (centres() >= kManyCentres && dimension_ >= CentreFinder::kCodesFrom)
      finder.emplace(centres_, static_cast<uint32_t>(dimension_));
    const bool done = ParallelBlocks(options_.threads, blocks, options_.cancel, [&](size_t block) {
      const size_t first = block * kRowsTogether;
      const size_t end = std::min(count_, first + kRowsTogether);
      finder ? FindBlock(*finder, first, end) : AssignBlock(first, end);
    });
    if (!done) throw Error(ErrorKind::kInterrupted, "interrupted");
    return std::accumulate(distance_.begin(), distance_.end(), 0.0);
  }

  void FindBlock(const CentreFinder& finder, size_t first_row, size_t end_row) {
    std::vector<float> room;
    for (size_t i = first_row; i < end_row; ++i) {
      const auto nearest = finder.Find({Row(i), dimension_}, room);
      cluster_[i] = nearest.centre;
      distance_[i] = nearest.squared;
    }
  }

  void AssignBlock(size_t first_row, size_t end_row) {
    float distances[kCentresTogether];
    std::fill(distance_.begin() + static_cast<ptrdiff_t>(first_row),
              distance_.begin() + static_cast<ptrdiff_t>(end_row),
              std::numeric_limits<float>::infinity());
    for (size_t first = 0; first < centres(); first += kCentresTogether) {
      const size_t count = std::min(kCentresTogether, centres() - first);
      for (size_t i = first_row; i < end_row; ++i) {
        SquaredL2s(Row(i), centres_.data() + first * dimension_, count, dimension_, distances);
        for (size_t c = 0; c < count; ++c) {
          if (!(distances[c] < distance_[i])) continue;
          distance_[i] = distances[c];
          cluster_[i] = static_cast<uint32_t>(first + c);
        }
      }
    }
  }

  void MoveCentres() {
    std::vector<double> sums(centres_.size(), 0.0);
    std::vector<size_t> sizes(centres(), 0);
    for (size_t i = 0; i < count_; ++i) {
      ++sizes[cluster_[i]];
      double* const sum = sums.data() + size_t{cluster_[i]} * dimension_;
      for (size_t d = 0; d < dimension_; ++d) sum[d] += Row(i)[d];
    }
    for (size_t c = 0; c < sizes.size(); ++c) {
      if (sizes[c] == 0) {
        MoveToFarthest(c);
        continue;
      }
      std::vector<float> mean(dimension_);
      for (size_t d = 0; d < dimension_; ++d)
        mean[d] = static_cast<float>(sums[c * dimension_ + d] / static_cast<double>(sizes[c]));
      // Directions that cancel each other out have no mean: the centre stays.
      if (options_.metric == Metric::kCosine && !Normalize(mean.data(), dimension_)) continue;
      std::copy(mean.begin(), mean.end(),
                centres_.begin() + static_cast<ptrdiff_t>(c * dimension_));
    }
  }

  // A centre that is nobody's nearest goes where it is missed most.
  void MoveToFarthest(size_t centre) {
    const auto farthest = std::max_element(distance_.begin(), distance_.end());
    const auto row = static_cast<size_t>(farthest - distance_.begin());
    *farthest = 0;
    std::copy(Row(row), Row(row) + dimension_,
              centres_.begin() + static_cast<ptrdiff_t>(centre * dimension_));
  }

  const ClusterOptions& options_;
  const std::vector<float>& vectors_;
  const size_t dimension_;
  const size_t count_;
  std::vector<uint32_t> cluster_;  // of each row
  std::vector<float> distance_;    // of each row to its nearest centre, squared
  std::vector<float> centres_;     // [centres, dimension]
};

}  // namespace

std::vector<uint32_t> SamplePositions(uint64_t count, uint64_t wanted, uint64_t seed) {
  Random random(seed);
  std::vector<uint32_t> positions;
  uint64_t missing = std::min(wanted, count);
  positions.reserve(missing);
  for (uint64_t i = 0; i < count && missing > 0; ++i) {
    // Each of those left is taken with a chance of missing / left.
    if (random.Fraction() * static_cast<double>(count - i) >= static_cast<double>(missing))
      continue;
    positions.push_back(static_cast<uint32_t>(i));
    --missing;
  }
  return positions;
}

Clustering Clustering::Of(const ClusterOptions& options, std::vector<float> vectors) {
  if (options.dimension == 0 || options.clusters == 0 || vectors.empty() ||
      vectors.size() % options.dimension != 0) {
    throw Error(ErrorKind::kInvalid, "k-means expects one cluster and one vector at least");
  }
  Clustering clustering(options.metric == Metric::kCosine ? Metric::kCosine : Metric::kL2,
                        options.dimension);
  if (options.metric == Metric::kCosine) {
    for (size_t i = 0; i < vectors.size(); i += options.dimension)
      Normalize(vectors.data() + i, options.dimension);
  }
  clustering.centres_ = KMeans(options, vectors).Run();
  return clustering;
}

Clustering::Assignment Clustering::Assign(std::span<const float> vector) const {
  std::vector<float> scaled(vector.begin(), vector.end());
  if (metric_ == Metric::kCosine) Normalize(scaled.data(), dimension_);
  std::vector<float> squares(size());
  SquaredL2s(scaled.data(), centres_.data(), size(), dimension_, squares.data());
  const auto nearest =
      static_cast<uint32_t>(std::min_element(squares.begin(), squares.end()) - squares.begin());
  return {nearest, Distance(metric_, vector.data(), centre(nearest).data(), dimension_)};
}

}  // namespace semblance::index
