// What the contenders are given: vectors, queries, and the true neighbours of each query.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace semblance::bench {

// Rows have the ids 1 .. size, and each belongs to one of a thousand parts, drawn independently of
// its vector; "a filter of 10 permille" allows the parts 0 .. 9.
struct DataSet {
  std::string name;
  uint32_t dimension = 0;
  std::vector<float> rows;     // [size, dimension], unit length
  std::vector<float> queries;  // [query count, dimension], unit length, none of them a row

  uint32_t size() const { return static_cast<uint32_t>(rows.size() / dimension); }
  uint32_t query_count() const { return static_cast<uint32_t>(queries.size() / dimension); }
  const float* row(uint32_t i) const { return rows.data() + size_t{i} * dimension; }
  const float* query(uint32_t i) const { return queries.data() + size_t{i} * dimension; }
};

inline constexpr uint32_t kAllParts = 1000;
uint32_t PartOf(int64_t row_id);

// Like the vectors of texts: points around a hundred centres, within some eighty directions of the
// space and a little beside them.
DataSet MakeClustered(uint32_t size, uint32_t dimension, uint32_t queries, uint32_t seed);

// Of a file of f32 vectors of `dimension`, as many as are asked for, in an order that the seed
// decides. Throws std::runtime_error when the file has too few.
DataSet ReadVectors(const std::string& file, const std::string& name, uint32_t dimension,
                    uint32_t size, uint32_t queries, uint32_t seed);

// The ids of the k nearest by cosine among the parts below `permille`, of each query, by brute
// force.
using Truth = std::vector<std::vector<int64_t>>;
Truth FindTruth(const DataSet& data, uint32_t k, uint32_t permille);

// The part of `expected` that is in `found`, 0 .. 1; 1 when nothing is expected.
double Recall(const std::vector<int64_t>& found, const std::vector<int64_t>& expected);

}  // namespace semblance::bench
