// Kernels in plain C++: sixteen independent sums, which any compiler can turn into what vectors the
// target has.
#include "index/kernels.h"

namespace semblance::index {
namespace {

constexpr size_t kLanes = 16;

float Product(float a, float b) { return a * b; }
float SquaredDifference(float a, float b) { return (a - b) * (a - b); }

template <float (*kTerm)(float, float)>
float One(const float* query, const float* row, size_t dimension) {
  float lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= dimension; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      lanes[lane] += kTerm(query[i + lane], row[i + lane]);
    }
  }
  for (size_t lane = 0; i < dimension; ++i, ++lane) lanes[lane] += kTerm(query[i], row[i]);
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}

template <float (*kTerm)(float, float)>
void Four(const float* query, const float* const* rows, size_t dimension, float* out) {
  for (size_t i = 0; i < 4; ++i) out[i] = One<kTerm>(query, rows[i], dimension);
}

}  // namespace

const KernelSet kPortableKernels = {
    "portable",
    {&One<Product>, &Four<Product>},
    {&One<SquaredDifference>, &Four<SquaredDifference>},
};

}  // namespace semblance::index
