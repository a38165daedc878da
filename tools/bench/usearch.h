// USearch for Node, which is no SQLite extension: usearch.mjs asks, the answers are judged here.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/bench/library_contenders.h"
#include "tools/bench/measure.h"

namespace semblance::bench {

// As Measure. type: "f32" or "i8". Files go to `folder`, which is removed in the end.
nlohmann::json MeasureUsearch(const std::string& peers, const std::string& type,
                              const DataSet& data, const GraphOptions& graph,
                              const MeasureOptions& options, const std::string& folder);

}  // namespace semblance::bench
