#include "index/row_measure.h"

#include <limits>

#include "index/kernels.h"

namespace semblance::index {
namespace {

class VectorMeasure final : public RowMeasure {
 public:
  VectorMeasure(Metric metric, const float* vectors, uint32_t dimension)
      : inner_product_(metric != Metric::kL2),
        kernel_(inner_product_ ? BestKernels().inner_product : BestKernels().squared_l2),
        vectors_(vectors),
        dimension_(dimension) {}

  void Measure(uint32_t row, const uint32_t* others, size_t count, float* out) const override {
    const auto row_at = [&](size_t i) { return Row(others[i]); };
    ComputeRows<RowOrder::kScattered>(kernel_, Row(row), row_at, count, dimension_, out);
    for (size_t i = 0; i < count; ++i) {
      if (out[i] != out[i]) {  // products of huge elements
        out[i] = std::numeric_limits<float>::max();
      } else if (inner_product_) {
        out[i] = -out[i];
      }
    }
  }
  void Prefetch(uint32_t row) const override { PrefetchRow(Row(row), dimension_); }

 private:
  const float* Row(uint32_t row) const { return vectors_ + size_t{row} * dimension_; }

  const bool inner_product_;
  const Kernel kernel_;
  const float* const vectors_;
  const size_t dimension_;
};

class CodeMeasure final : public RowMeasure {
 public:
  explicit CodeMeasure(const Codes& codes)
      : codes_(codes), kernel_(BestCodeKernel(codes.quantization)) {}

  void Measure(uint32_t row, const uint32_t* others, size_t count, float* out) const override {
    MeasureCodes<RowOrder::kScattered>(
        codes_, kernel_, codes_.row(row), codes_.terms[row],
        [others](size_t i) { return others[i]; }, count, out);
  }
  void Prefetch(uint32_t row) const override { PrefetchCodes(codes_, row); }

 private:
  const Codes& codes_;
  const CodeKernel& kernel_;
};

}  // namespace

std::unique_ptr<RowMeasure> NewVectorMeasure(Metric metric, const float* vectors,
                                             uint32_t dimension) {
  return std::make_unique<VectorMeasure>(metric, vectors, dimension);
}

std::unique_ptr<RowMeasure> NewCodeMeasure(const Codes& codes) {
  return std::make_unique<CodeMeasure>(codes);
}

}  // namespace semblance::index
