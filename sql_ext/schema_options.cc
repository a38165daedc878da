#include "sql_ext/schema_options.h"

#include <charconv>

#include "engine/error.h"
#include "engine/nearest_name.h"
#include "index/hnsw_graph.h"
#include "sql_ext/schema_words.h"

namespace semblance::sql {
namespace {

using engine::Error;
using engine::ErrorKind;

template <typename T>
T Choose(const std::string& key, const std::string& value,
         const std::vector<std::pair<std::string, T>>& choices) {
  std::vector<std::string> names;
  std::string list;
  for (const auto& [name, choice] : choices) {
    if (Lower(value) == name) return choice;
    names.push_back(name);
    list += (list.empty() ? "" : ", ") + name;
  }
  throw Error(ErrorKind::kOption, key + "=" + value + ": expected one of " + list +
                                      engine::DidYouMean(Lower(value), names));
}

}  // namespace

uint32_t ParseNumber(const std::string& what, const std::string& value, uint32_t least,
                     uint32_t most) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < least ||
      number > most) {
    throw Error(ErrorKind::kOption, what + "=" + value + ": a whole number from " +
                                        std::to_string(least) + " to " + std::to_string(most) +
                                        " was expected");
  }
  return number;
}

void SetOption(const TableOption& option, VectorColumn* column) {
  using index::Kind;
  using index::Metric;
  const auto& [key, value] = option;
  if (key == "model") {
    column->model = value;
  } else if (key == "dims") {
    column->dims = ParseNumber(key, value, 1, index::kMaxDimension);
  } else if (key == "distance_metric") {
    column->metric = Choose<Metric>(
        key, value,
        {{"cosine", Metric::kCosine}, {"l2", Metric::kL2}, {"ip", Metric::kInnerProduct}});
  } else if (key == "index") {
    column->kind = Choose<std::optional<Kind>>(key, value,
                                               {{"auto", std::nullopt},
                                                {"hnsw", Kind::kHnsw},
                                                {"ivf", Kind::kIvf},
                                                {"flat", Kind::kFlat}});
  } else if (key == "memory_limit") {
    column->memory_limit = ParseNumber(key, value, 1, 1u << 30);
  } else if (key == "nlist") {
    column->nlist = ParseNumber(key, value, 1, index::kMaxLists);
  } else if (key == "nprobe") {
    column->nprobe = ParseNumber(key, value, 1, index::kMaxLists);
  } else if (key == "quantization") {
    column->quantization = Choose<index::Quantization>(key, value,
                                                       {{"none", index::Quantization::kNone},
                                                        {"f16", index::Quantization::kF16},
                                                        {"sq8", index::Quantization::kSq8},
                                                        {"binary", index::Quantization::kBinary},
                                                        {"pq", index::Quantization::kPq}});
  } else if (key == "oversample") {
    column->oversample = ParseNumber(key, value, 1, kMostOversample);
  } else if (key == "hnsw_m") {
    column->hnsw_m = ParseNumber(key, value, index::kMinHnswM, index::kMaxHnswM);
  } else if (key == "ef_construction") {
    column->ef_construction = ParseNumber(key, value, 1, index::kMaxEfConstruction);
  } else if (key == "ef") {
    column->ef = ParseNumber(key, value, 1, 10000);
  } else if (key == "fts") {
    column->fts = Choose<std::string>(key, value,
                                      {{"unicode61", "unicode61"},
                                       {"porter", "porter unicode61"},
                                       {"trigram", "trigram"},
                                       {"ascii", "ascii"}});
  } else {
    throw Error(
        ErrorKind::kOption,
        "unknown option '" + key + "'" +
            engine::DidYouMean(key, {"model", "dims", "distance_metric", "index", "quantization",
                                     "oversample", "hnsw_m", "ef_construction", "ef", "nlist",
                                     "nprobe", "memory_limit", "fts", "content", "content_rowid"}) +
            "; the options are model, dims, distance_metric, index, quantization, oversample, "
            "hnsw_m, ef_construction, ef, nlist, nprobe, memory_limit, fts, content, "
            "content_rowid");
  }
}

void CheckTogether(const VectorColumn& column) {
  if (column.quantization != index::Quantization::kPq || !column.kind ||
      *column.kind == index::Kind::kIvf)
    return;
  throw Error(ErrorKind::kOption, "quantization=pq is of rows in lists; with index=" +
                                      std::string(index::KindName(*column.kind)) +
                                      " there are none: write index=ivf or index=auto beside it");
}

}  // namespace semblance::sql
