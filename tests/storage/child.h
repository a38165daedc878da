// This test program, started again as a process of its own that does one thing to a store and is
// then killed or ends. A fork without exec would not do: RocksDB's threads do not follow it.
#pragma once

#include <string>

namespace semblance::storage {

// Runs `role` (child.cc lists them) on `folder` until it ends or kills itself, and returns what it
// wrote to its standard output.
std::string RunChild(const std::string& role, const std::string& folder);

}  // namespace semblance::storage
