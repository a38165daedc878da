#include "engine/trainer_loader.h"

#include <dlfcn.h>

#include <string>

#include "engine/error.h"

namespace semblance::engine {
namespace {

// The folder of the binary that this code was linked into.
std::string OwnFolder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&OwnFolder), &info) == 0 || info.dli_fname == nullptr)
    return ".";
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

void* LoadSymbol(const char* name) {
  const std::string path = OwnFolder() + "/libsemblance_torch.so";
  void* const module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    const char* const reason = dlerror();
    throw Error(ErrorKind::kNotFound,
                std::string("training needs libsemblance_torch.so beside the extension: ") +
                    (reason ? reason : path) + ". A build with -DSEMBLANCE_TRAINING=ON makes it");
  }
  void* const symbol = dlsym(module, name);
  if (symbol == nullptr) {
    throw Error(ErrorKind::kNotFound,
                path + " is not a trainer of this version: " + name + " is not in it");
  }
  return symbol;
}

}  // namespace

std::unique_ptr<training::TrainingRun> StartTraining(const training::TrainingInputs& inputs) {
  // A failure is tried again by the next call.
  static const auto factory =
      reinterpret_cast<training::TrainerFactory>(LoadSymbol("semblance_trainer_factory"));
  return factory(inputs);
}

uint64_t ExportCorpus(const training::TrainingInputs& inputs, const std::string& path,
                      const std::function<bool()>& cancel) {
  static const auto exporter =
      reinterpret_cast<training::CorpusExporter>(LoadSymbol("semblance_export_corpus"));
  return exporter(inputs, path, cancel);
}

}  // namespace semblance::engine
