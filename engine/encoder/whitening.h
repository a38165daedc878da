// What may follow a network: the unit vectors it gives, centred and scaled so that over the texts
// it was fitted on no direction is longer than another (BERT-whitening), then at unit length again.
//
// In a model package it is the file whitening.safetensors: mean [D] and matrix [K, D], row-major
// f32, rows in the order of the variance they had. So the first few numbers of a whitened vector
// are the best shorter vector.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/encoder/model_package.h"

namespace semblance::encoder {

class Whitening {
 public:
  static constexpr const char* kFile = "whitening.safetensors";

  // nullptr where the package has none. Throws kCorruption for a file that does not fit
  // `dimension`.
  static std::unique_ptr<const Whitening> Load(const ModelPackage& package, int64_t dimension);

  int64_t dimension() const { return out_; }  // K
  // `out` [K], not of unit length.
  void Apply(const float* vector, float* out) const;

 private:
  std::vector<float> mean_, matrix_;
  int64_t in_ = 0, out_ = 0;
};

// Takes vectors one by one; memory grows with the square of the dimension, not with their number.
class WhiteningFit {
 public:
  explicit WhiteningFit(size_t dimension);
  void Add(std::span<const float> vector);
  size_t count() const { return count_; }
  // The file's bytes. Keeps `most` directions, or as many as the vectors vary in where that is
  // less; 0: those. Throws kInvalid for fewer than two different vectors.
  std::string Finish(size_t most) const;

 private:
  size_t dimension_;
  size_t count_ = 0;
  std::vector<double> sum_;       // [D]
  std::vector<double> products_;  // [D, D]
};

// Eigenvectors of a symmetric matrix [n, n] without negative eigenvalues, as rows of `vectors`
// [n, n], by falling eigenvalue.
struct Eigen {
  std::vector<double> values, vectors;
};
Eigen SymmetricEigen(std::vector<double> matrix, size_t n);

}  // namespace semblance::encoder
