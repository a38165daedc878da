// The weights of a folder, in whichever of the usual files they are:
//
//   model.safetensors, or model.safetensors.index.json and the files it lists
//   pytorch_model.bin, or pytorch_model.bin.index.json and the files it lists
//
// The first that is there counts.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/encoder/config.h"
#include "engine/encoder/safetensors.h"
#include "engine/encoder/torch_tensor.h"

namespace semblance::encoder {

class WeightFiles {
 public:
  using Tensor = std::variant<TensorView, TorchTensor>;

  // `safetensors`: the content of model.safetensors where somebody has read it already (it outlives
  // this), or empty. Throws kMissing when there is no such file, kInvalid when an index lists a
  // file outside the folder; what safetensors.h and torch_file.h throw, with the file's name in
  // front.
  WeightFiles(const std::string& directory, std::string_view safetensors);
  WeightFiles(const WeightFiles&) = delete;
  WeightFiles& operator=(const WeightFiles&) = delete;

  const std::map<std::string, Tensor>& tensors() const { return tensors_; }
  // The type of a tensor that was left out because no weight has it; empty where there is none.
  std::string OtherType(const std::string& name) const;

  static const std::vector<int64_t>& Shape(const Tensor& tensor);
  static DType Type(const Tensor& tensor);
  static std::vector<float> Floats(const Tensor& tensor);

 private:
  void AddFile(const std::string& name, std::string_view bytes);
  void AddListed(const std::string& index);
  std::string_view Read(const std::string& name);

  std::string directory_;
  std::deque<std::string> files_;
  std::map<std::string, Tensor> tensors_;
  std::map<std::string, std::string> others_;
};

}  // namespace semblance::encoder
