#include "index/metric.h"

#include <cmath>

#include "index/kernels.h"

namespace semblance::index {
namespace {

// Dot products in double: exact for the squares of any f32, no overflow and no underflow. In lanes,
// so that no addition waits for the one before.
double Dot(const float* a, const float* b, size_t dimension) {
  constexpr size_t kLanes = 8;
  double lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= dimension; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane)
      lanes[lane] += static_cast<double>(a[i + lane]) * b[i + lane];
  }
  for (; i < dimension; ++i) lanes[i % kLanes] += static_cast<double>(a[i]) * b[i];
  return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) +
         ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

}  // namespace

std::string_view MetricName(Metric metric) {
  switch (metric) {
    case Metric::kCosine:
      return "cosine";
    case Metric::kL2:
      return "l2";
    case Metric::kInnerProduct:
      return "ip";
  }
  return "unknown";
}

float InnerProduct(const float* a, const float* b, size_t dimension) {
  return BestKernels().inner_product.one(a, b, dimension);
}

float SquaredL2(const float* a, const float* b, size_t dimension) {
  return BestKernels().squared_l2.one(a, b, dimension);
}

void InnerProducts(const float* query, const float* rows, size_t count, size_t dimension,
                   float* out) {
  ComputeRows<RowOrder::kInOrder>(
      BestKernels().inner_product, query, [=](size_t i) { return rows + i * dimension; }, count,
      dimension, out);
}

void SquaredL2s(const float* query, const float* rows, size_t count, size_t dimension, float* out) {
  ComputeRows<RowOrder::kInOrder>(
      BestKernels().squared_l2, query, [=](size_t i) { return rows + i * dimension; }, count,
      dimension, out);
}

double Distance(Metric metric, const float* a, const float* b, size_t dimension) {
  switch (metric) {
    case Metric::kCosine: {
      const double norms = std::sqrt(Dot(a, a, dimension)) * std::sqrt(Dot(b, b, dimension));
      if (norms == 0) return std::nan("");
      const double cosine = Dot(a, b, dimension) / norms;
      // Rounding must not leave [0, 2]; a NaN passes through.
      return cosine > 1 ? 0 : cosine < -1 ? 2 : 1 - cosine;
    }
    case Metric::kL2: {
      double sum = 0;
      for (size_t i = 0; i < dimension; ++i) {
        const double difference = static_cast<double>(a[i]) - b[i];
        sum += difference * difference;
      }
      return std::sqrt(sum);
    }
    case Metric::kInnerProduct:
      return -Dot(a, b, dimension);
  }
  return std::nan("");
}

double Score(Metric metric, double distance) {
  switch (metric) {
    case Metric::kCosine:
      return 1 - distance;
    case Metric::kL2:
      return 1 / (1 + distance);
    case Metric::kInnerProduct:
      return -distance;
  }
  return 0;
}

bool Normalize(float* vector, size_t dimension) {
  const double norm = std::sqrt(Dot(vector, vector, dimension));
  if (norm == 0) return false;
  const double inverse = 1 / norm;
  for (size_t i = 0; i < dimension; ++i) vector[i] = static_cast<float>(vector[i] * inverse);
  return true;
}

std::string_view KernelName() { return BestKernels().name; }

}  // namespace semblance::index
