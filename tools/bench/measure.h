// What is measured of one contender.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "tools/bench/contender.h"

namespace semblance::bench {

struct MeasureOptions {
  uint32_t k = 10;
  std::vector<double> recalls = {0.90, 0.95, 0.99};  // of a sweep over ef
  std::vector<uint32_t> permille = {500, 100, 10, 1};
  uint32_t filter_ef = 64;
};

// The values of ef that a sweep tries, ascending.
std::vector<uint32_t> SweepOf(uint32_t k);

// The times of single queries, as {"p50_ms", "p95_ms", "p99_ms"}.
nlohmann::json Percentiles(std::vector<double> seconds);

// Builds, asks, and gives an object with:
//   build        BuildTimes, and "bytes_per_vector": growth of the process
//   searches     one an exact search or a target of recall: ef, recall, percentiles, and
//                "two_threads_per_second"
//   filters      one a permille: recall, percentiles
//   beside_a_writer  where that is measured: percentiles by the wall clock while rows are inserted
//                in transactions of a hundred, and "alone_p50_ms"
nlohmann::json Measure(Contender* contender, const DataSet& data, const MeasureOptions& options);

}  // namespace semblance::bench
