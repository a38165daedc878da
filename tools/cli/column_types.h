// Which SQL types the columns of a file have, and values converted to them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/cli/connection.h"

namespace semblance::cli {

// "INTEGER", "REAL" or "TEXT": the narrowest type that every value of the column fits; NULL fits
// all. `typed` as RecordReader::typed(): without types a text that reads as a number is one, unless
// it begins with a needless zero ("007" is a code) or has signs a number would lose; empty text is
// NULL then, in a column of numbers.
std::vector<std::string> InferTypes(const std::vector<std::vector<Value>>& records, size_t columns,
                                    bool typed);

// `value` as a column of `type` takes it; nullopt when it does not fit.
std::optional<Value> ConvertTo(const std::string& type, Value value);

}  // namespace semblance::cli
