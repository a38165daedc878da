#include "tools/bench/data_set.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

namespace semblance::bench {
namespace {

void ScaleToUnit(float* vector, uint32_t dimension) {
  double square = 0;
  for (uint32_t i = 0; i < dimension; ++i) square += static_cast<double>(vector[i]) * vector[i];
  const double norm = std::sqrt(square);
  for (uint32_t i = 0; i < dimension; ++i) vector[i] = static_cast<float>(vector[i] / norm);
}

// Own and plain, since the kernels that are measured cannot be their own judge.
[[gnu::target_clones("avx2", "default")]] float Product(const float* a, const float* b,
                                                        uint32_t dimension) {
  float lanes[16] = {};
  uint32_t i = 0;
  for (; i + 16 <= dimension; i += 16) {
    for (uint32_t lane = 0; lane < 16; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  }
  float sum = 0;
  for (float lane : lanes) sum += lane;
  for (; i < dimension; ++i) sum += a[i] * b[i];
  return sum;
}

std::vector<int64_t> NearestOf(const DataSet& data, const float* query, uint32_t k,
                               uint32_t permille) {
  std::vector<std::pair<float, int64_t>> nearest;  // a heap with the farthest on top
  for (uint32_t i = 0; i < data.size(); ++i) {
    const int64_t row_id = int64_t{i} + 1;
    if (PartOf(row_id) >= permille) continue;
    const std::pair<float, int64_t> found = {-Product(query, data.row(i), data.dimension), row_id};
    if (nearest.size() == k) {
      if (found >= nearest.front()) continue;
      std::pop_heap(nearest.begin(), nearest.end());
      nearest.pop_back();
    }
    nearest.push_back(found);
    std::push_heap(nearest.begin(), nearest.end());
  }
  std::sort_heap(nearest.begin(), nearest.end());
  std::vector<int64_t> row_ids;
  for (const auto& [distance, row_id] : nearest) row_ids.push_back(row_id);
  return row_ids;
}

}  // namespace

uint32_t PartOf(int64_t row_id) {
  uint64_t mixed = static_cast<uint64_t>(row_id) * 0x9e3779b97f4a7c15u;
  mixed ^= mixed >> 32;
  return static_cast<uint32_t>(mixed * 0xd6e8feb86659fd93u >> 40) % kAllParts;
}

DataSet MakeClustered(uint32_t size, uint32_t dimension, uint32_t queries, uint32_t seed) {
  constexpr uint32_t kTopics = 100;
  constexpr uint32_t kLatent = 80;
  std::mt19937 random(seed);
  std::normal_distribution<float> gauss;
  const auto draw = [&](size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = gauss(random);
    return values;
  };
  const std::vector<float> topics = draw(kTopics * kLatent);
  const std::vector<float> directions = draw(size_t{kLatent} * dimension);
  const auto points = [&](uint32_t count) {
    std::vector<float> drawn = draw(size_t{count} * dimension);
    for (uint32_t p = 0; p < count; ++p) {
      float* const point = drawn.data() + size_t{p} * dimension;
      const float* const topic = topics.data() + random() % kTopics * kLatent;
      for (uint32_t l = 0; l < kLatent; ++l) {
        const float along = 0.7f * topic[l] + gauss(random);
        const float* const direction = directions.data() + size_t{l} * dimension;
        for (uint32_t i = 0; i < dimension; ++i) point[i] += along * direction[i];
      }
      ScaleToUnit(point, dimension);
    }
    return drawn;
  };
  DataSet data;
  data.name = "clustered";
  data.dimension = dimension;
  data.rows = points(size);
  data.queries = points(queries);
  return data;
}

DataSet ReadVectors(const std::string& file, const std::string& name, uint32_t dimension,
                    uint32_t size, uint32_t queries, uint32_t seed) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) throw std::runtime_error("cannot read " + file);
  const uint64_t vector_bytes = uint64_t{dimension} * sizeof(float);
  const uint64_t count = static_cast<uint64_t>(in.tellg()) / vector_bytes;
  if (count < uint64_t{size} + queries) {
    throw std::runtime_error(file + " has " + std::to_string(count) + " vectors; expected " +
                             std::to_string(size) + " rows and " + std::to_string(queries) +
                             " queries");
  }
  std::vector<float> all(count * dimension);
  in.seekg(0);
  in.read(reinterpret_cast<char*>(all.data()), static_cast<std::streamsize>(count * vector_bytes));
  if (!in) throw std::runtime_error("cannot read " + file);
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  std::mt19937 random(seed);
  for (size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  DataSet data;
  data.name = name;
  data.dimension = dimension;
  for (uint32_t i = 0; i < size + queries; ++i) {
    float* const vector = all.data() + size_t{order[i]} * dimension;
    ScaleToUnit(vector, dimension);
    std::vector<float>& to = i < size ? data.rows : data.queries;
    to.insert(to.end(), vector, vector + dimension);
  }
  return data;
}

Truth FindTruth(const DataSet& data, uint32_t k, uint32_t permille) {
  Truth truth(data.query_count());
  const uint32_t threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::jthread> workers;
  for (uint32_t t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      for (uint32_t q = t; q < truth.size(); q += threads) {
        truth[q] = NearestOf(data, data.query(q), k, permille);
      }
    });
  }
  workers.clear();
  return truth;
}

double Recall(const std::vector<int64_t>& found, const std::vector<int64_t>& expected) {
  if (expected.empty()) return 1;
  size_t hits = 0;
  for (int64_t row_id : expected) {
    hits += std::find(found.begin(), found.end(), row_id) != found.end();
  }
  return static_cast<double>(hits) / static_cast<double>(expected.size());
}

}  // namespace semblance::bench
