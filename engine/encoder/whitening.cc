#include "engine/encoder/whitening.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/encoder/safetensors.h"

namespace semblance::encoder {
namespace {

constexpr const char* kMean = "mean";
constexpr const char* kMatrix = "matrix";
// Directions with less variance than this share of the largest are noise of the arithmetic.
constexpr double kLeastVariance = 1e-6;
constexpr double kOrthogonal = 1e-12;
constexpr int kMostSweeps = 60;

double Dot(const double* a, const double* b, size_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

void Rotate(double* a, double* b, size_t n, double cosine, double sine) {
#pragma omp simd
  for (size_t i = 0; i < n; ++i) {
    const double first = a[i], second = b[i];
    a[i] = cosine * first - sine * second;
    b[i] = sine * first + cosine * second;
  }
}

}  // namespace

// One-sided Jacobi: pairs of rows are turned until all are orthogonal. The turns together are the
// eigenvectors, and what is left of each row is as long as its eigenvalue.
Eigen SymmetricEigen(std::vector<double> matrix, size_t n) {
  std::vector<double> turns(n * n);
  for (size_t i = 0; i < n; ++i) turns[i * n + i] = 1;
  bool turned = true;
  for (int sweep = 0; turned && sweep < kMostSweeps; ++sweep) {
    turned = false;
    for (size_t p = 0; p < n; ++p) {
      for (size_t q = p + 1; q < n; ++q) {
        double* const a = &matrix[p * n];
        double* const b = &matrix[q * n];
        const double aa = Dot(a, a, n), bb = Dot(b, b, n), ab = Dot(a, b, n);
        if (ab == 0 || std::abs(ab) <= kOrthogonal * std::sqrt(aa * bb)) continue;
        turned = true;
        const double zeta = (bb - aa) / (2 * ab);
        const double tangent =
            (zeta >= 0 ? 1.0 : -1.0) / (std::abs(zeta) + std::sqrt(1 + zeta * zeta));
        const double cosine = 1 / std::sqrt(1 + tangent * tangent);
        Rotate(a, b, n, cosine, cosine * tangent);
        Rotate(&turns[p * n], &turns[q * n], n, cosine, cosine * tangent);
      }
    }
  }
  std::vector<double> lengths(n);
  for (size_t i = 0; i < n; ++i) lengths[i] = std::sqrt(Dot(&matrix[i * n], &matrix[i * n], n));
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lengths[a] > lengths[b]; });
  Eigen eigen;
  for (const size_t i : order) {
    eigen.values.push_back(lengths[i]);
    const auto row = turns.begin() + static_cast<ptrdiff_t>(i * n);
    eigen.vectors.insert(eigen.vectors.end(), row, row + static_cast<ptrdiff_t>(n));
  }
  return eigen;
}

WhiteningFit::WhiteningFit(size_t dimension)
    : dimension_(dimension), sum_(dimension), products_(dimension * dimension) {}

void WhiteningFit::Add(std::span<const float> vector) {
  ++count_;
  const std::vector<double> wide(vector.begin(), vector.end());
  for (size_t i = 0; i < dimension_; ++i) {
    sum_[i] += wide[i];
    const double factor = wide[i];
    double* const row = &products_[i * dimension_];
#pragma omp simd
    for (size_t j = 0; j < dimension_; ++j) row[j] += factor * wide[j];
  }
}

std::string WhiteningFit::Finish(size_t most) const {
  const double n = static_cast<double>(count_);
  std::vector<double> covariance = products_;
  for (size_t i = 0; i < dimension_ && count_ > 0; ++i) {
    for (size_t j = 0; j < dimension_; ++j) {
      double& entry = covariance[i * dimension_ + j];
      entry = entry / n - sum_[i] / n * (sum_[j] / n);
    }
  }
  const Eigen eigen = SymmetricEigen(std::move(covariance), dimension_);
  size_t kept = 0;
  while (count_ > 1 && kept < dimension_ && eigen.values[kept] > 1e-12 &&
         eigen.values[kept] > kLeastVariance * eigen.values[0]) {
    ++kept;
  }
  if (kept == 0) {
    throw Error(ErrorKind::kInvalid, "whitening needs at least two different texts");
  }
  if (most > 0) kept = std::min(kept, most);
  std::vector<float> mean, matrix;
  for (const double value : sum_) mean.push_back(static_cast<float>(value / n));
  for (size_t row = 0; row < kept; ++row) {
    const double scale = 1 / std::sqrt(eigen.values[row]);
    for (size_t i = 0; i < dimension_; ++i) {
      matrix.push_back(static_cast<float>(scale * eigen.vectors[row * dimension_ + i]));
    }
  }
  const auto columns = static_cast<int64_t>(dimension_);
  return WriteSafeTensors(
      {{kMean, {{columns}, mean}}, {kMatrix, {{static_cast<int64_t>(kept), columns}, matrix}}},
      DType::kF32);
}

std::unique_ptr<const Whitening> Whitening::Load(const ModelPackage& package, int64_t dimension) {
  if (!package.Has(kFile)) return nullptr;
  const SafeTensors file = SafeTensors::Parse(package.File(kFile));
  const TensorView* const mean = file.Find(kMean);
  const TensorView* const matrix = file.Find(kMatrix);
  if (mean == nullptr || matrix == nullptr || mean->shape != std::vector<int64_t>{dimension} ||
      matrix->shape.size() != 2 || matrix->shape[1] != dimension || matrix->shape[0] < 1 ||
      matrix->shape[0] > dimension) {
    throw Error(ErrorKind::kCorruption, std::string(kFile) + " must have mean [" +
                                            std::to_string(dimension) + "] and matrix [1 to " +
                                            std::to_string(dimension) + ", " +
                                            std::to_string(dimension) + "]");
  }
  auto whitening = std::make_unique<Whitening>();
  whitening->mean_ = mean->ToFloats();
  whitening->matrix_ = matrix->ToFloats();
  whitening->in_ = dimension;
  whitening->out_ = matrix->shape[0];
  return whitening;
}

void Whitening::Apply(const float* vector, float* out) const {
  std::vector<float> centred(static_cast<size_t>(in_));
  for (size_t i = 0; i < centred.size(); ++i) centred[i] = vector[i] - mean_[i];
  for (int64_t row = 0; row < out_; ++row) {
    const float* const weights = &matrix_[static_cast<size_t>(row * in_)];
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < in_; ++i) sum += weights[i] * centred[static_cast<size_t>(i)];
    out[row] = sum;
  }
}

}  // namespace semblance::encoder
