// The container that torch.save writes since 2020: a zip file whose entries are stored as they are.
// Nothing is unpacked; an entry is a view into the file's bytes.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/encoder/error.h"

namespace semblance::encoder {

bool IsZip(std::string_view bytes);

// Every entry by its full name, as the central directory (or its 64-bit form) lists them. Throws
// kCorruption when a size or an offset leads out of the file or a name stands twice, kUnsupported
// for compressed or encrypted entries.
std::map<std::string, std::string_view> ReadZipEntries(std::string_view bytes);

}  // namespace semblance::encoder
