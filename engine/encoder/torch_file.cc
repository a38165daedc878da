#include "engine/encoder/torch_file.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "engine/encoder/pickle.h"
#include "engine/encoder/torch_tensor.h"
#include "engine/encoder/zip_entries.h"

namespace semblance::encoder {
namespace {

constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr int64_t kOldVersion = 1001;

constexpr std::string_view kOrderedDict = "collections.OrderedDict";
constexpr std::string_view kTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kOldTensor = "torch._utils._rebuild_tensor";
constexpr std::string_view kParameter = "torch._utils._rebuild_parameter";

struct StorageClass {
  const char* name;
  TorchType type;
};
constexpr std::array<StorageClass, 10> kStorages = {{{"FloatStorage", TorchType::kF32},
                                                     {"DoubleStorage", TorchType::kF64},
                                                     {"HalfStorage", TorchType::kF16},
                                                     {"BFloat16Storage", TorchType::kBF16},
                                                     {"LongStorage", TorchType::kI64},
                                                     {"IntStorage", TorchType::kI32},
                                                     {"ShortStorage", TorchType::kI16},
                                                     {"CharStorage", TorchType::kI8},
                                                     {"ByteStorage", TorchType::kU8},
                                                     {"BoolStorage", TorchType::kBool}}};
// Where a storage was when it was saved.
constexpr const char* kDevices[] = {"torch.", "torch.cuda."};
constexpr size_t kLongestName = 256;

// All that the pickle of a state dict may name.
std::vector<std::string> AllowedGlobals() {
  std::vector<std::string> allowed = {std::string(kOrderedDict), std::string(kTensor),
                                      std::string(kOldTensor), std::string(kParameter)};
  for (const StorageClass& storage : kStorages) {
    for (const char* device : kDevices) allowed.push_back(std::string(device) + storage.name);
  }
  return allowed;
}

[[noreturn]] void Corrupt(const std::string& message) {
  throw Error(ErrorKind::kCorruption, "torch file: " + message);
}

TorchType TypeOfStorage(const std::string& name) {
  const std::string plain = name.substr(name.rfind('.') + 1);
  for (const StorageClass& known : kStorages) {
    if (known.name == plain) return known.type;
  }
  Corrupt("a storage has no type");
}

bool IsCallOf(const PickleNode& node, std::string_view name) {
  return node.kind == PickleKind::kCall && node.items[0]->text == name;
}

bool IsDict(const PickleNode& node) {
  return node.kind == PickleKind::kDict || IsCallOf(node, kOrderedDict);
}

// use(key, value) for each item. Python 2 hands an OrderedDict its items as a list of lists.
void ForEachItem(const PickleNode& dict,
                 const std::function<void(const PickleNode&, const PickleNode&)>& use) {
  size_t first = 0;
  if (dict.kind == PickleKind::kCall) {
    first = 2;
    for (const PickleNode* list : dict.items[1]->items) {
      for (const PickleNode* pair : list->items) {
        if (pair->items.size() == 2) use(*pair->items[0], *pair->items[1]);
      }
    }
  }
  for (size_t i = first; i + 1 < dict.items.size(); i += 2) use(*dict.items[i], *dict.items[i + 1]);
}

const PickleNode& Argument(const PickleNode& call, size_t number, PickleKind kind) {
  const std::vector<const PickleNode*>& arguments = call.items[1]->items;
  if (number >= arguments.size() || arguments[number]->kind != kind) {
    Corrupt("a tensor is described in another way than torch.save does");
  }
  return *arguments[number];
}

std::vector<int64_t> Integers(const PickleNode& tuple) {
  std::vector<int64_t> values;
  for (const PickleNode* item : tuple.items) {
    if (item->kind != PickleKind::kInteger || item->integer < 0) {
      Corrupt("a tensor has sizes that are none");
    }
    values.push_back(item->integer);
  }
  return values;
}

struct Storage {
  TorchType type = TorchType::kF32;
  std::string key;
  uint64_t elements = 0;
};

// ("storage", type, key, device, elements) and, before the zip form, a view that newer files leave
// empty.
Storage ReadStorage(const PickleNode& persistent) {
  const PickleNode& id = *persistent.items[0];
  const std::vector<const PickleNode*>& parts = id.items;
  const bool plain = id.kind == PickleKind::kTuple && parts.size() >= 5 &&
                     parts[0]->text == "storage" && parts[1]->kind == PickleKind::kGlobal &&
                     parts[2]->kind == PickleKind::kText &&
                     parts[4]->kind == PickleKind::kInteger && parts[4]->integer >= 0;
  if (!plain) Corrupt("a storage is described in another way than torch.save does");
  if (parts.size() > 5 && parts[5]->kind != PickleKind::kNone) {
    throw Error(
        ErrorKind::kUnsupported,
        "torch file: storages inside storages, which PyTorch wrote before 0.4, are not read");
  }
  return {TypeOfStorage(parts[1]->text), parts[2]->text, static_cast<uint64_t>(parts[4]->integer)};
}

struct Named {
  TorchTensor tensor;
  Storage storage;
};

// A tensor without its bytes; nullopt for what is none.
std::optional<Named> ReadTensor(const PickleNode& value) {
  const PickleNode& call =
      IsCallOf(value, kParameter) ? Argument(value, 0, PickleKind::kCall) : value;
  if (!IsCallOf(call, kTensor) && !IsCallOf(call, kOldTensor)) return std::nullopt;
  Named named;
  named.storage = ReadStorage(Argument(call, 0, PickleKind::kPersistent));
  named.tensor.type = named.storage.type;
  const int64_t offset = Argument(call, 1, PickleKind::kInteger).integer;
  named.tensor.shape = Integers(Argument(call, 2, PickleKind::kTuple));
  named.tensor.strides = Integers(Argument(call, 3, PickleKind::kTuple));
  if (offset < 0 || named.tensor.shape.size() != named.tensor.strides.size()) {
    Corrupt("a tensor's sizes do not fit each other");
  }
  named.tensor.offset = static_cast<uint64_t>(offset);
  return named;
}

// Of graphic ASCII, as every module of Python has it, so that messages can show it.
bool IsName(const std::string& text) {
  return !text.empty() && text.size() <= kLongestName &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::map<std::string, Named> ReadStateDict(const PickleNode& root) {
  const PickleNode* dict = &root;
  if (IsDict(root)) {
    ForEachItem(root, [&](const PickleNode& key, const PickleNode& value) {
      if (key.text == "state_dict" && IsDict(value)) dict = &value;
    });
  }
  if (!IsDict(*dict)) {
    throw Error(ErrorKind::kUnsupported, "torch file: it holds no state dict");
  }
  std::map<std::string, Named> tensors;
  ForEachItem(*dict, [&](const PickleNode& key, const PickleNode& value) {
    std::optional<Named> tensor = ReadTensor(value);
    if (!tensor) return;
    if (key.kind != PickleKind::kText || !IsName(key.text)) Corrupt("a tensor has no name");
    if (!tensors.emplace(key.text, std::move(*tensor)).second) {
      Corrupt("the tensor " + key.text + " stands twice");
    }
  });
  return tensors;
}

using Storages = std::map<std::string, std::string_view>;

std::map<std::string, TorchTensor> WithStorages(std::map<std::string, Named> tensors,
                                                const Storages& storages) {
  std::map<std::string, TorchTensor> result;
  for (auto& [name, named] : tensors) {
    const auto found = storages.find(named.storage.key);
    if (found == storages.end()) Corrupt("the storage of " + name + " is missing");
    named.tensor.storage = found->second;
    const uint64_t elements = found->second.size() / TorchTypeBytes(named.storage.type);
    if (named.storage.elements > elements) Corrupt("the storage of " + name + " is cut off");
    CheckInside(named.tensor, name);
    result.emplace(name, std::move(named.tensor));
  }
  return result;
}

std::map<std::string, TorchTensor> ReadZipForm(std::string_view bytes) {
  constexpr std::string_view kPickleName = "/data.pkl";
  const std::map<std::string, std::string_view> entries = ReadZipEntries(bytes);
  std::string root;
  for (const auto& [name, content] : entries) {
    if (!name.ends_with(kPickleName)) continue;
    if (!root.empty()) Corrupt("two entries are called data.pkl");
    root = name.substr(0, name.size() - kPickleName.size()) + "/";
  }
  if (root.empty()) Corrupt("the zip container has no data.pkl; torch.save did not write it");
  if (entries.count(root + "constants.pkl") > 0) {
    throw Error(ErrorKind::kUnsupported,
                "torch file: it is a TorchScript program; save the model's state_dict() instead");
  }
  const auto order = entries.find(root + "byteorder");
  if (order != entries.end() && order->second != "little") {
    throw Error(ErrorKind::kUnsupported, "torch file: its numbers are big-endian");
  }
  std::string_view pickle = entries.at(root + "data.pkl");
  const Pickle state = Pickle::Read(&pickle, AllowedGlobals());
  Storages storages;
  const std::string folder = root + "data/";
  for (const auto& [name, content] : entries) {
    if (name.starts_with(folder)) storages[name.substr(folder.size())] = content;
  }
  return WithStorages(ReadStateDict(state.root()), storages);
}

// They stand behind the pickles without their types, which the pickle of the state dict knows: of
// all storages, those too that belong to an optimiser.
Storages ReadOldStorages(std::string_view bytes, const PickleNode& keys, const Pickle& state) {
  std::map<std::string, Storage> described;
  for (const PickleNode& node : state.nodes()) {
    if (node.kind != PickleKind::kPersistent) continue;
    const Storage storage = ReadStorage(node);
    const auto [at, is_new] = described.emplace(storage.key, storage);
    if (!is_new && at->second.type != storage.type) Corrupt("a storage has two types");
  }
  Storages storages;
  for (const PickleNode* key : keys.items) {
    const auto found = described.find(key->text);
    if (found == described.end()) Corrupt("a storage is not described");
    if (bytes.size() < 8) Corrupt("the file is cut off");
    uint64_t elements = 0;
    for (size_t i = 8; i-- > 0;) elements = elements << 8 | static_cast<unsigned char>(bytes[i]);
    bytes.remove_prefix(8);
    const size_t element_bytes = TorchTypeBytes(found->second.type);
    if (elements > bytes.size() / element_bytes) Corrupt("the file is cut off");
    storages[key->text] = bytes.substr(0, elements * element_bytes);
    bytes.remove_prefix(elements * element_bytes);
  }
  return storages;
}

std::map<std::string, TorchTensor> ReadOldForm(std::string_view bytes) {
  const Pickle magic = Pickle::Read(&bytes, {});
  if (magic.root().text != kMagic) Corrupt("it does not begin as torch.save begins");
  const Pickle version = Pickle::Read(&bytes, {});
  if (version.root().integer != kOldVersion) Corrupt("its version is not 1001");
  const Pickle machine = Pickle::Read(&bytes, {});
  ForEachItem(machine.root(), [](const PickleNode& key, const PickleNode& value) {
    if (key.text == "little_endian" && value.integer == 0) {
      throw Error(ErrorKind::kUnsupported, "torch file: its numbers are big-endian");
    }
  });
  const Pickle state = Pickle::Read(&bytes, AllowedGlobals());
  const Pickle keys = Pickle::Read(&bytes, {});
  return WithStorages(ReadStateDict(state.root()), ReadOldStorages(bytes, keys.root(), state));
}

}  // namespace

TorchFile TorchFile::Parse(std::string_view bytes) {
  TorchFile file;
  if (IsZip(bytes)) {
    file.tensors_ = ReadZipForm(bytes);
  } else if (bytes.starts_with("\x80")) {
    file.tensors_ = ReadOldForm(bytes);
  } else {
    Corrupt("it is neither a zip container nor a pickle; torch.save did not write it");
  }
  return file;
}

}  // namespace semblance::encoder
