// Zip containers and state dicts as torch.save makes them, and damage to files.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/encoder/error.h"

namespace semblance::encoder {

// Stored entries: (name, content). `wide`: the directory has their sizes and places as files beyond
// 4 GiB have them.
std::string ZipOf(const std::vector<std::pair<std::string, std::string>>& entries,
                  bool wide = false);

// A state dict with one f32 tensor "w" on that storage.
std::string StateDictFile(const std::vector<int32_t>& shape, const std::vector<int32_t>& strides,
                          int32_t offset, const std::string& storage);

// Calls `read` with copies of `bytes` of which some are changed, doubled or missing: it must return
// or throw Error, and do the latter now and then.
void DamageAndTry(const std::string& bytes, int rounds,
                  const std::function<void(const std::string&)>& read);

}  // namespace semblance::encoder
