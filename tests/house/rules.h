// The rules of the house that can be read off its files. Each check gives one sentence a violation,
// with the file and the line; none when the file is as it should be.
#pragma once

#include <string>
#include <vector>

#include "tests/house/source_tree.h"

namespace semblance::house {

// Arrows between the rooms go one way, and a heavy library stays behind the wall of its room: in
// .cc files and headers named *_internal.h.
std::vector<std::string> IncludeViolations(const SourceFile& file);

// #pragma once in every header; no folder for things that found no place.
std::vector<std::string> ShapeViolations(const SourceFile& file);

// No path of the machine that somebody worked on.
std::vector<std::string> MachinePaths(const SourceFile& file);

}  // namespace semblance::house
