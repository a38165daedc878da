#include "tools/bench/encoder/matmul_rate.h"

#include <omp.h>

#include <dnnl.hpp>
#include <unordered_map>
#include <vector>

#include "tools/bench/encoder/fastest.h"

namespace semblance::bench {
namespace {

using Tag = dnnl::memory::format_tag;

dnnl::memory::desc Matrix(int64_t rows, int64_t columns, Tag tag) {
  return {{rows, columns}, dnnl::memory::data_type::f32, tag};
}

class Product {
 public:
  Product(const dnnl::engine& engine, int64_t rows, int64_t inputs, int64_t outputs)
      : operations_(2.0 * static_cast<double>(rows) * static_cast<double>(inputs) *
                    static_cast<double>(outputs)) {
    const dnnl::matmul::desc shape(Matrix(rows, inputs, Tag::ab), Matrix(inputs, outputs, Tag::any),
                                   Matrix(1, outputs, Tag::ab), Matrix(rows, outputs, Tag::ab));
    const dnnl::matmul::primitive_desc description(shape, engine);
    primitive_ = dnnl::matmul(description);
    Add(DNNL_ARG_SRC, description.src_desc(), engine);
    Add(DNNL_ARG_WEIGHTS, description.weights_desc(), engine);
    Add(DNNL_ARG_BIAS, Matrix(1, outputs, Tag::ab), engine);
    Add(DNNL_ARG_DST, description.dst_desc(), engine);
  }

  void Run(dnnl::stream* stream) { primitive_.execute(*stream, memory_); }
  double operations() const { return operations_; }

 private:
  void Add(int argument, const dnnl::memory::desc& description, const dnnl::engine& engine) {
    dnnl::memory memory(description, engine);
    auto* const numbers = static_cast<float*>(memory.get_data_handle());
    std::fill_n(numbers, description.get_size() / sizeof(float), 0.01f);
    memory_.emplace(argument, memory);
  }

  double operations_;
  dnnl::matmul primitive_;
  std::unordered_map<int, dnnl::memory> memory_;
};

}  // namespace

double MatmulRate(const encoder::BertConfig& config, size_t rows, int threads, double seconds) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(threads);
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const auto count = static_cast<int64_t>(rows);
  std::vector<Product> products;
  products.emplace_back(engine, count, config.hidden, 3 * config.hidden);
  products.emplace_back(engine, count, config.hidden, config.hidden);
  products.emplace_back(engine, count, config.hidden, config.intermediate);
  products.emplace_back(engine, count, config.intermediate, config.hidden);
  double operations = 0;
  for (const Product& product : products) operations += product.operations();
  const double fastest = FastestSeconds(seconds, ClockFor(threads), [&] {
    for (Product& product : products) product.Run(&stream);
    stream.wait();
  });
  omp_set_num_threads(before);
  return operations / fastest;
}

}  // namespace semblance::bench
