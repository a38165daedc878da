// What torch.save writes: pytorch_model.bin, in the zip form of today and the form before 2020.
//
//   zip:     NAME/data.pkl, a pickle of the state dict; NAME/data/KEY, the storage with that key
//   before:  five pickles (a magic number, the format's version, the machine, the state dict, the
//            list of storage keys), then for each key  i64 elements, elements
//
// A tensor is a window onto a storage: offset, sizes and strides, in elements. Nothing in the file
// is run (pickle.h), and no tensor is taken that reaches outside its storage.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/encoder/torch_tensor.h"

namespace semblance::encoder {

class TorchFile {
 public:
  // Views into `bytes`. The root, or its member "state_dict", must be a dict; of its members the
  // tensors count. Throws kCorruption or kUnsupported.
  static TorchFile Parse(std::string_view bytes);

  const std::map<std::string, TorchTensor>& tensors() const { return tensors_; }

 private:
  std::map<std::string, TorchTensor> tensors_;
};

}  // namespace semblance::encoder
