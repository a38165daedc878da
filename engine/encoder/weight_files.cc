#include "engine/encoder/weight_files.h"

#include <set>
#include <utility>

#include "engine/encoder/folder_files.h"
#include "engine/encoder/json_internal.h"
#include "engine/encoder/torch_file.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

constexpr const char* kSafeTensors = "model.safetensors";
constexpr const char* kTorch = "pytorch_model.bin";
constexpr const char* kIndexEnd = ".index.json";
constexpr size_t kMostShards = 1024;

// The file names of an index: the values of its "weight_map".
std::set<std::string> ListedFiles(std::string_view text, const std::string& index) {
  const json object = ParseJsonObject(text, index);
  const auto map = object.find("weight_map");
  if (map == object.end() || !map->is_object()) {
    throw Error(ErrorKind::kCorruption, index + ": \"weight_map\" is no object");
  }
  std::set<std::string> names;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string() || !IsPlainName(file.get<std::string>())) {
      throw Error(ErrorKind::kInvalid, index + " lists a file that is not beside it");
    }
    names.insert(file.get<std::string>());
  }
  if (names.size() > kMostShards) {
    throw Error(ErrorKind::kCorruption, index + " lists too many files");
  }
  return names;
}

}  // namespace

WeightFiles::WeightFiles(const std::string& directory, std::string_view safetensors)
    : directory_(directory) {
  if (!safetensors.empty()) {
    AddFile(kSafeTensors, safetensors);
    return;
  }
  for (const std::string name : {kSafeTensors, kTorch}) {
    const bool is_whole = IsFile(directory + "/" + name);
    if (is_whole) AddFile(name, Read(name));
    if (!is_whole && IsFile(directory + "/" + name + kIndexEnd)) AddListed(name + kIndexEnd);
    if (!files_.empty()) return;
  }
  throw Error(ErrorKind::kMissing, directory + " has no weights: neither " + kSafeTensors +
                                       " nor " + kTorch + ", nor either in parts (" + kSafeTensors +
                                       kIndexEnd + ")");
}

std::string_view WeightFiles::Read(const std::string& name) {
  files_.push_back(ReadWholeFile(directory_ + "/" + name));
  return files_.back();
}

void WeightFiles::AddListed(const std::string& index) {
  for (const std::string& name : ListedFiles(Read(index), index)) AddFile(name, Read(name));
}

void WeightFiles::AddFile(const std::string& name, std::string_view bytes) {
  if (bytes.starts_with("version https://git-lfs")) {
    throw Error(ErrorKind::kMissing, directory_ + "/" + name +
                                         " is a pointer of Git LFS and not the file; run: git lfs "
                                         "pull");
  }
  const auto add = [&](const std::string& tensor, Tensor value) {
    if (!tensors_.emplace(tensor, std::move(value)).second) {
      throw Error(ErrorKind::kCorruption, "the tensor " + tensor + " is in two files");
    }
  };
  try {
    if (name.ends_with(".safetensors")) {
      const SafeTensors file = SafeTensors::Parse(bytes);
      for (const auto& [tensor, view] : file.tensors()) add(tensor, view);
      others_.insert(file.others().begin(), file.others().end());
    } else {
      const TorchFile file = TorchFile::Parse(bytes);
      for (const auto& [tensor, view] : file.tensors()) add(tensor, view);
    }
  } catch (const Error& error) {
    throw Error(error.kind(), name + ": " + error.what());
  }
}

std::string WeightFiles::OtherType(const std::string& name) const {
  const auto found = others_.find(name);
  return found == others_.end() ? "" : found->second;
}

const std::vector<int64_t>& WeightFiles::Shape(const Tensor& tensor) {
  return std::visit([](const auto& view) -> const std::vector<int64_t>& { return view.shape; },
                    tensor);
}

DType WeightFiles::Type(const Tensor& tensor) {
  if (const auto* view = std::get_if<TensorView>(&tensor)) return view->dtype;
  return std::get<TorchTensor>(tensor).NearestType();
}

std::vector<float> WeightFiles::Floats(const Tensor& tensor) {
  return std::visit([](const auto& view) { return view.ToFloats(); }, tensor);
}

}  // namespace semblance::encoder
