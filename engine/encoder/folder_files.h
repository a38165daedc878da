// Files of a folder that somebody names.
#pragma once

#include <string>
#include <string_view>

#include "engine/encoder/error.h"

namespace semblance::encoder {

// 1 to 128 letters, digits, '.', '_' and '-', the first no '.': a name that leads nowhere else.
bool IsPlainName(const std::string& name);

bool IsFile(const std::string& path);
std::string ReadWholeFile(const std::string& path);  // throws kMissing

// Throw kInvalid when it cannot be made or written.
void MakeFolder(const std::string& path);
void WriteWholeFile(const std::string& path, std::string_view bytes);  // and its folder

}  // namespace semblance::encoder
