#include "engine/training/learner_module.h"

#include <dlfcn.h>

#include <filesystem>
#include <string>

#include "engine/encoder/error.h"

namespace semblance::training {
namespace {

constexpr const char* kLibrary = "libsemblance_learner.so";

std::vector<std::string> Candidates() {
  std::vector<std::string> paths;
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&LoadLearnerModule), &info) != 0 &&
      info.dli_fname != nullptr) {
    std::error_code ignored;
    const std::filesystem::path folder =
        std::filesystem::absolute(info.dli_fname, ignored).parent_path();
    paths.push_back((folder / kLibrary).string());
    paths.push_back((folder / ".." / "lib" / kLibrary).string());
  }
  paths.push_back(kLibrary);
  return paths;
}

const LearnerModule* Open() {
  std::string tried;
  for (const std::string& path : Candidates()) {
    // Deep binding: LibTorch's libprotobuf must find its own symbols before those that
    // libsentencepiece exports. NODELETE, and never closed: OpenMP's and LibTorch's threads outlive
    // any run.
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND | RTLD_NODELETE);
    if (handle == nullptr) {
      tried += std::string("\n  ") + dlerror();
      continue;
    }
    using Entry = const LearnerModule* (*)();
    const auto entry = reinterpret_cast<Entry>(dlsym(handle, "semblance_learner_module"));
    if (entry != nullptr) return entry();
    tried += "\n  " + path + " is not the learner library";
  }
  throw encoder::Error(encoder::ErrorKind::kMissing, std::string("training needs ") + kLibrary +
                                                         ", which cannot be loaded:" + tried);
}

}  // namespace

const LearnerModule& LoadLearnerModule() {
  static const LearnerModule* const module = Open();
  return *module;
}

}  // namespace semblance::training
