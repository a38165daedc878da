// Options as lines of name=value, for where there is no JSON (corpus_file.h).
#pragma once

#include <string>

#include "engine/training/options.h"

namespace semblance::training {

// Every option; numbers in the shortest form that gives the same number back, a list as 64,128.
std::string OptionsToText(const Options& options);
// Throws encoder::Error kOption as ParseOptions does; kCorruption for a line that is none.
Options OptionsFromText(const std::string& text);
// Sets one of them.
void SetOption(const std::string& name, const std::string& value, Options* options);

}  // namespace semblance::training
