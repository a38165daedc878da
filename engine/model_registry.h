// The models of one database: name, version, package, training record; and the encoders loaded from
// them.
//
// A name may be registered again; it then gets the next version, and older versions stay, because
// tables hold on to the model they were made with by its id. `default` is always there: the one
// built into the binary, unless the database has its own of that name.
//
// Threads: every method may be called from any thread. Errors: engine::Error kNotFound with the
// nearest known name; encoder::Error and storage::Error pass through.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/encoder/encoder.h"
#include "engine/encoder/model_package.h"
#include "engine/model_precision.h"
#include "storage/store.h"

namespace semblance::engine {

struct ModelInfo {
  std::string name;
  uint32_t version = 1;
  std::string id;  // 16 hex digits over the package's contents
  uint32_t dimension = 0;
  uint32_t max_length = 0;    // tokens
  std::vector<int64_t> dims;  // smaller dimensions that it was trained to be cut to
  std::string pooler;
  encoder::Precision precision = encoder::Precision::kF32;  // that it is to be computed in
  uint64_t bytes = 0;                                       // of the package
  std::string created;    // UTC, ISO 8601; empty for the built-in one
  std::string record;     // JSON of the training record, or "{}"
  bool built_in = false;  // not (yet) stored in this database
};

class ModelRegistry {
 public:
  // `store` may be nullptr: only the built-in default is known then.
  explicit ModelRegistry(std::shared_ptr<storage::Store> store) : store_(std::move(store)) {}

  // The newest version of every name, the built-in default included.
  std::vector<ModelInfo> List() const;
  // Every version of every name.
  std::vector<ModelInfo> ListAll() const;
  ModelInfo Find(const std::string& name) const;  // newest version

  // Stores the package under `name` and its next version; durable when it returns. What the newest
  // version of that name holds already is no new version. Names: 1 to 100 bytes of letters, digits,
  // '.', '_', '-'.
  ModelInfo Register(const std::string& name, const encoder::ModelPackage& package,
                     const std::string& record);
  // Makes sure that the model of this name is stored in the database itself, and says which it is.
  ModelInfo Pin(const std::string& name);

  encoder::ModelPackage Package(const std::string& id) const;
  // In which precision a model is computed in this database; every version of every name that has
  // this id has the same.
  PrecisionChoice PrecisionOf(const std::string& id) const;
  void ChoosePrecision(const std::string& id, const PrecisionChoice& choice);
  // Loaded once per process and precision, and shared while somebody uses it. Without a precision,
  // in the model's.
  std::shared_ptr<const encoder::Encoder> EncoderById(const std::string& id) const;
  std::shared_ptr<const encoder::Encoder> EncoderById(const std::string& id,
                                                      encoder::Precision precision) const;
  std::shared_ptr<const encoder::Encoder> EncoderByName(const std::string& name) const;

 private:
  std::vector<ModelInfo> Stored() const;

  const std::shared_ptr<storage::Store> store_;
  mutable std::mutex mu_;  // one Register or Pin at a time
};

// The encoder of a model id that is loaded in this process in that precision; nullptr when it is
// not.
std::shared_ptr<const encoder::Encoder> LoadedEncoder(const std::string& id,
                                                      encoder::Precision precision);
// Throws engine::Error kInvalid when `name` may not name a model.
void CheckModelName(const std::string& name);
// The built-in default model's description and encoder; the encoder is loaded on first use and
// kept.
const ModelInfo& BuiltInModel();
std::shared_ptr<const encoder::Encoder> BuiltInEncoder();

}  // namespace semblance::engine
