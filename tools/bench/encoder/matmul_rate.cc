#include "tools/bench/encoder/matmul_rate.h"

#include <omp.h>

#include <algorithm>
#include <cstring>
#include <dnnl.hpp>
#include <unordered_map>
#include <vector>

#include "tools/bench/encoder/fastest.h"

namespace semblance::bench {
namespace {

using Tag = dnnl::memory::format_tag;

using Type = dnnl::memory::data_type;
using encoder::Precision;

dnnl::memory::desc Matrix(int64_t rows, int64_t columns, Type type, Tag tag) {
  return {{rows, columns}, type, tag};
}

Type RowsType(Precision precision) {
  return precision == Precision::kInt8   ? Type::u8
         : precision == Precision::kBf16 ? Type::bf16
                                         : Type::f32;
}

Type WeightsType(Precision precision) {
  return precision == Precision::kInt8 ? Type::s8 : RowsType(precision);
}

class Product {
 public:
  Product(const dnnl::engine& engine, Precision precision, int64_t rows, int64_t inputs,
          int64_t outputs)
      : operations_(2.0 * static_cast<double>(rows) * static_cast<double>(inputs) *
                    static_cast<double>(outputs)) {
    const auto bias = Matrix(1, outputs, Type::f32, Tag::ab);
    const dnnl::matmul::desc shape(Matrix(rows, inputs, RowsType(precision), Tag::ab),
                                   Matrix(inputs, outputs, WeightsType(precision), Tag::any), bias,
                                   Matrix(rows, outputs, Type::f32, Tag::ab));
    const dnnl::matmul::primitive_desc description(shape, engine);
    primitive_ = dnnl::matmul(description);
    Add(DNNL_ARG_SRC, description.src_desc(), engine);
    Add(DNNL_ARG_WEIGHTS, description.weights_desc(), engine);
    Add(DNNL_ARG_BIAS, bias, engine);
    Add(DNNL_ARG_DST, description.dst_desc(), engine);
  }

  void Run(dnnl::stream* stream) { primitive_.execute(*stream, memory_); }
  double operations() const { return operations_; }

 private:
  void Add(int argument, const dnnl::memory::desc& description, const dnnl::engine& engine) {
    dnnl::memory memory(description, engine);
    // Small numbers of every type: bytes of 1 are 2e-38 in f32.
    if (description.data_type() == Type::f32) {
      auto* const numbers = static_cast<float*>(memory.get_data_handle());
      std::fill_n(numbers, description.get_size() / sizeof(float), 0.01f);
    } else {
      std::memset(memory.get_data_handle(), 1, description.get_size());
    }
    memory_.emplace(argument, memory);
  }

  double operations_;
  dnnl::matmul primitive_;
  std::unordered_map<int, dnnl::memory> memory_;
};

}  // namespace

double MatmulRate(const encoder::BertConfig& config, Precision precision, size_t rows, int threads,
                  double seconds) {
  if (encoder::ComputedIn(precision) != precision) return 0;
  const int before = omp_get_max_threads();
  omp_set_num_threads(threads);
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const auto count = static_cast<int64_t>(rows);
  std::vector<Product> products;
  products.emplace_back(engine, precision, count, config.hidden, 3 * config.hidden);
  products.emplace_back(engine, precision, count, config.hidden, config.hidden);
  products.emplace_back(engine, precision, count, config.hidden, config.intermediate);
  products.emplace_back(engine, precision, count, config.intermediate, config.hidden);
  const int64_t layers = std::max<int64_t>(1, config.layers);
  double operations = 0;
  for (const Product& product : products) {
    operations += static_cast<double>(layers) * product.operations();
  }
  const double fastest = FastestSeconds(seconds, ClockFor(threads), [&] {
    for (int64_t layer = 0; layer < layers; ++layer) {
      for (Product& product : products) product.Run(&stream);
    }
    stream.wait();
  });
  omp_set_num_threads(before);
  return operations / fastest;
}

}  // namespace semblance::bench
