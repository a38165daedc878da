#include <omp.h>

#include <algorithm>
#include <new>

#include "engine/encoder/dense_internal.h"

namespace semblance::encoder {
namespace {

constexpr size_t kAlignment = 64;
// For which the order of the weights is chosen.
constexpr int64_t kTypicalRows = 128;

const dnnl::engine& Cpu() {
  // Never destroyed: a background thread may still compute while the process ends.
  static const dnnl::engine& engine = *new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// Streams hold no state that outlives a call; one each thread spares their making.
dnnl::stream& Stream() {
  thread_local dnnl::stream stream(Cpu());
  return stream;
}

dnnl::memory::desc Matrix(int64_t rows, int64_t columns, dnnl::memory::format_tag tag) {
  return {{rows, columns}, dnnl::memory::data_type::f32, tag};
}

dnnl::memory::desc Rows(int64_t rows, int64_t columns, int64_t stride) {
  return {{rows, columns}, dnnl::memory::data_type::f32, dnnl::memory::dims{stride, 1}};
}

dnnl::memory::desc AnyOrder(const DenseShape& shape) {
  return Matrix(shape.inputs, shape.part_outputs(), dnnl::memory::format_tag::any);
}

dnnl::memory::desc BiasOf(const DenseShape& shape) {
  return Matrix(1, shape.part_outputs(), dnnl::memory::format_tag::ab);
}

dnnl::algorithm AlgorithmOf(Activation activation) {
  switch (activation) {
    case Activation::kGeluTanh:
      return dnnl::algorithm::eltwise_gelu_tanh;
    case Activation::kRelu:
      return dnnl::algorithm::eltwise_relu;
    case Activation::kGelu:
      break;
  }
  return dnnl::algorithm::eltwise_gelu_erf;
}

// Sizes in steps that grow with them: 8 .. 32 by 8, .. 64 by 16, .. 256 by 32.
int64_t StepFor(int64_t rows) { return rows <= 32 ? 8 : rows <= 64 ? 16 : 32; }

size_t SizeIndex(int64_t size) {
  if (size <= 32) return static_cast<size_t>(size / 8 - 1);
  if (size <= 64) return static_cast<size_t>(4 + (size - 32) / 16 - 1);
  return static_cast<size_t>(6 + (size - 64) / 32 - 1);
}

[[noreturn]] void Fail(const dnnl::error& error) {
  if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
  throw Error(ErrorKind::kUnsupported, std::string("oneDNN: ") + error.what());
}

// The product of one part.
dnnl::matmul::primitive_desc Describe(const DenseShape& shape, int64_t rows,
                                      const dnnl::memory::desc& weight) {
  const dnnl::matmul::desc description(Rows(rows, shape.inputs, shape.row_in()), weight,
                                       BiasOf(shape),
                                       Rows(rows, shape.part_outputs(), shape.row_out()));
  dnnl::post_ops after;
  if (shape.epilogue == Epilogue::kAdd) after.append_sum(1.0f);
  if (shape.epilogue == Epilogue::kActivation) {
    after.append_eltwise(1.0f, AlgorithmOf(shape.activation), 0.0f, 0.0f);
  }
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(after);
  // The library's own scratch memory is one for all threads.
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return {description, attributes, Cpu()};
}

// Its name of the implementation it chooses: "brg:avx512_core", "gemm:jit".
std::string ImplementationOf(const DenseShape& shape) {
  const SerialOpenMp serial;
  try {
    return Describe(shape, kTypicalRows, AnyOrder(shape)).impl_info_str();
  } catch (const dnnl::error& error) {
    Fail(error);
  }
}

}  // namespace

SerialOpenMp::SerialOpenMp() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
SerialOpenMp::~SerialOpenMp() { omp_set_num_threads(before_); }

float* Scratch::Floats(size_t count) {
  if (count > size_) {
    memory_.reset();
    size_ = 0;
    memory_.reset(
        static_cast<float*>(::operator new (count * sizeof(float), std::align_val_t{kAlignment})));
    std::fill_n(memory_.get(), count, 0.0f);
    size_ = count;
  }
  return memory_.get();
}

void Scratch::Free::operator()(float* memory) const {
  ::operator delete (memory, std::align_val_t{kAlignment});
}

int64_t RowsFor(int64_t rows) {
  const int64_t whole = rows / kMostRows * kMostRows;
  const int64_t rest = rows - whole;
  const int64_t step = StepFor(rest);
  return whole + (rest + step - 1) / step * step;
}

int64_t PartsFor(const DenseShape& shape, int64_t most) {
  constexpr int64_t kLeastOutputs = 64;  // of a part
  constexpr int64_t kVector = 16;
  const std::string whole = ImplementationOf(shape);
  for (int64_t parts = most; parts > 1; --parts) {
    if (shape.outputs % (parts * kVector) != 0 || shape.outputs / parts < kLeastOutputs) continue;
    DenseShape cut = shape;
    cut.parts = parts;
    if (ImplementationOf(cut) == whole) return parts;
  }
  return 1;
}

bool KeepsWithStrides(const DenseShape& shape) {
  DenseShape dense = shape;
  dense.in_stride = dense.out_stride = 0;
  return ImplementationOf(shape) == ImplementationOf(dense);
}

DenseKernels::DenseKernels(const DenseShape& shape) : shape_(shape) {
  const SerialOpenMp serial;
  try {
    bias_ = BiasOf(shape);
    weight_ = Describe(shape, kTypicalRows, AnyOrder(shape)).weights_desc();
  } catch (const dnnl::error& error) {
    Fail(error);
  }
}

const DenseKernels::Kernel& DenseKernels::KernelFor(int64_t rows) const {
  const int64_t size = RowsFor(rows);
  Kernel& kernel = kernels_[SizeIndex(size)];
  std::call_once(kernel.built, [&] {
    const dnnl::matmul::primitive_desc description = Describe(shape_, size, weight_);
    kernel.in = description.src_desc();
    kernel.out = description.dst_desc();
    kernel.scratch = description.scratchpad_desc();
    kernel.primitive = dnnl::matmul(description);
  });
  return kernel;
}

dnnl::memory DenseKernels::Pack(const float* weight) const {
  const SerialOpenMp serial;
  try {
    dnnl::memory plain(Matrix(shape_.inputs, shape_.part_outputs(), dnnl::memory::format_tag::ba),
                       Cpu(), const_cast<float*>(weight));
    dnnl::memory packed(weight_, Cpu());
    dnnl::reorder(plain, packed).execute(Stream(), plain, packed);
    Stream().wait();
    return packed;
  } catch (const dnnl::error& error) {
    Fail(error);
  }
}

void DenseKernels::Run(const float* in, const dnnl::memory& weight, const float* bias, float* out,
                       int64_t rows, Scratch* scratch) const {
  try {
    const Kernel& kernel = KernelFor(rows);
    float* memory = scratch->Floats(kernel.scratch.get_size() / sizeof(float) + 1);
    kernel.primitive.execute(
        Stream(), {{DNNL_ARG_SRC, dnnl::memory(kernel.in, Cpu(), const_cast<float*>(in))},
                   {DNNL_ARG_WEIGHTS, weight},
                   {DNNL_ARG_BIAS, dnnl::memory(bias_, Cpu(), const_cast<float*>(bias))},
                   {DNNL_ARG_DST, dnnl::memory(kernel.out, Cpu(), out)},
                   {DNNL_ARG_SCRATCHPAD, dnnl::memory(kernel.scratch, Cpu(), memory)}});
    Stream().wait();
  } catch (const dnnl::error& error) {
    Fail(error);
  }
}

Dense::Dense(std::shared_ptr<const DenseKernels> kernels, const std::vector<float>& weight,
             std::vector<float> bias)
    : kernels_(std::move(kernels)), bias_(std::move(bias)) {
  const DenseShape& shape = kernels_->shape();
  for (int64_t part = 0; part < shape.parts; ++part) {
    weights_.push_back(kernels_->Pack(weight.data() + part * shape.part_outputs() * shape.inputs));
  }
}

void Dense::RunPart(size_t part, const float* in, float* out, int64_t rows,
                    Scratch* scratch) const {
  const DenseShape& shape = kernels_->shape();
  const int64_t column = static_cast<int64_t>(part) * shape.part_outputs();
  for (int64_t row = 0; row < rows; row += kMostRows) {
    kernels_->Run(in + row * shape.row_in(), weights_[part], bias_.data() + column,
                  out + row * shape.row_out() + column, std::min(kMostRows, rows - row), scratch);
  }
}

void Dense::Run(const float* in, float* out, int64_t rows, Scratch* scratch) const {
  for (size_t part = 0; part < weights_.size(); ++part) RunPart(part, in, out, rows, scratch);
}

void Dense::Run(const float* in, const NarrowRows&, float* out, size_t rows, int member,
                const Team& team, Scratch* scratch) const {
  const Range parts = ShareOf(weights_.size(), member, team);
  for (size_t part = parts.begin; part < parts.end; ++part) {
    RunPart(part, in, out, static_cast<int64_t>(rows), scratch);
  }
}

uint64_t Dense::memory_bytes() const {
  uint64_t bytes = bias_.size() * sizeof(float);
  for (const dnnl::memory& weight : weights_) bytes += weight.get_desc().get_size();
  return bytes;
}

}  // namespace semblance::encoder
