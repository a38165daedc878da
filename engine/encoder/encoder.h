// Text to vectors at serving time: tokenizer, transformer on oneDNN (no LibTorch), pooler.
//
// Threads: Encode may be called from several threads at once; weights are shared. Errors:
// encoder::Error.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/encoder/model_package.h"
#include "engine/encoder/pooler.h"
#include "engine/encoder/precision.h"
#include "engine/encoder/tokenizer.h"

namespace semblance::encoder {

struct EncoderOptions {
  int threads = 0;                        // 0: all that OpenMP would use
  Precision precision = Precision::kF32;  // computed in ComputedIn(precision)
};

class Encoder {
 public:
  static std::shared_ptr<const Encoder> Load(const ModelPackage& package,
                                             const EncoderOptions& options = {});
  virtual ~Encoder() = default;

  virtual uint32_t dimension() const = 0;
  // Smaller dimensions, rising, that the model was trained to be cut to (UnitPrefix); mostly none.
  virtual const std::vector<int64_t>& dims() const = 0;
  virtual uint32_t max_length() const = 0;  // tokens, specials included
  virtual Pooler pooler() const = 0;
  virtual Precision computed_in() const = 0;
  virtual const Tokenizer& tokenizer() const = 0;

  // Unit-length vectors [texts.size(), dimension()], row-major f32, in the order of the texts. A
  // text gets the same vector alone and in any batch, in f32 within 1e-5. Texts are sorted by
  // length inside; no padding is computed. `cancel`, when given, is polled between batches; true
  // throws kInterrupted.
  virtual std::vector<float> Encode(std::span<const std::string_view> texts,
                                    const std::function<bool()>& cancel = {}) const = 0;
  // The same for token ids made by tokenizer().
  virtual std::vector<float> EncodeIds(std::span<const std::vector<int32_t>> ids,
                                       const std::function<bool()>& cancel = {}) const = 0;
  virtual uint64_t memory_bytes() const = 0;
};

// The first `dims` numbers of a vector, 1 to all of them, at unit length again: the vector of a
// text in less space. Zeros stay zeros.
std::vector<float> UnitPrefix(std::span<const float> vector, size_t dims);

}  // namespace semblance::encoder
