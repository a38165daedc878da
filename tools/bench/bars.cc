#include "tools/bench/bars.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tools/bench/searches.h"

namespace semblance::bench {
namespace {

using nlohmann::json;
using Value = std::optional<double>;

// A number of an object's part; nothing when it was not measured, which 0 stands for.
Value In(const json& results, const std::string& name, const char* part, const char* key) {
  if (!results.contains(name) || !results[name].contains(part)) return std::nullopt;
  const double value = results[name][part].value(key, 0.0);
  return value > 0 ? Value(value) : std::nullopt;
}

Value Ratio(Value above, Value below) {
  if (!above || !below) return std::nullopt;
  return *above / *below;
}

Value Percent(Value part, Value whole) {
  const Value ratio = Ratio(part, whole);
  return ratio ? Value(100 * *ratio) : ratio;
}

enum class Side { kAtLeast, kBelow };

struct Bar {
  std::string what;
  Side side;
  double bound;
  const char* unit;
  Value value;
};

void Print(const Bar& bar) {
  if (!bar.value) return;
  const bool met = bar.side == Side::kAtLeast ? *bar.value >= bar.bound : *bar.value < bar.bound;
  std::printf("%-64s %9s %7g %9.3g %-3s %s\n", bar.what.c_str(),
              bar.side == Side::kAtLeast ? "at least" : "below", bar.bound, *bar.value, bar.unit,
              met ? "met" : "NOT MET");
}

// Our search beside another's at the same target of recall (0: an exact one).
void PrintFaster(const json& results, const char* ours, const char* theirs, double target,
                 double bound) {
  std::string what = std::string(ours) + ", times as fast as " + theirs;
  if (target > 0) what += " at recall " + std::to_string(target).substr(0, 4);
  Print({what, Side::kAtLeast, bound, "x",
         Ratio(MedianOf(results, theirs, target), MedianOf(results, ours, target))});
}

void PrintOverhead(const json& results, const std::string& kind, double target) {
  const Value through = MedianOf(results, "semblance " + kind, target);
  const Value direct = MedianOf(results, "index " + kind, target);
  if (!through || !direct) return;
  Print({kind + ", what SQL adds to a query at recall " + std::to_string(target).substr(0, 4),
         Side::kBelow, 15, "us", 1000 * (*through - *direct)});
}

}  // namespace

void PrintBars(const json& results, double rows) {
  std::printf("\n%-64s %9s %7s %9s\n", "bars", "", "bound", "measured");
  PrintFaster(results, "semblance flat", "sqlite-vec", 0, 12);
  PrintFaster(results, "semblance flat sq8", "sqlite-vector quantized", 0, 15);
  for (const double target : {0.95, 0.99}) {
    PrintFaster(results, "semblance hnsw sq8", "vectorlite", target, 3);
    PrintFaster(results, "semblance hnsw sq8", "usearch i8", target, 3);
    PrintFaster(results, "semblance hnsw sq8", "hnswlib", target, 2);
    PrintFaster(results, "index hnsw sq8", "hnswlib", target, 2);
  }
  Print({"index hnsw sq8, times as quickly built as hnswlib", Side::kAtLeast, 1.5, "x",
         Ratio(In(results, "hnswlib", "build", "build_seconds"),
               In(results, "index hnsw sq8", "build", "build_seconds"))});
  Print({"semblance hnsw sq8, memory of a vector", Side::kBelow, 600, "B",
         In(results, "semblance hnsw sq8", "build", "bytes_per_vector")});
  Print({"semblance hnsw sq8, open " + std::to_string(static_cast<int>(rows)) +
             " rows to the first answer",
         Side::kBelow, 2, "s", In(results, "semblance hnsw sq8", "build", "open_seconds")});
  for (const double target : {0.95, 0.99}) {
    PrintOverhead(results, "hnsw", target);
    PrintOverhead(results, "hnsw sq8", target);
  }
  Print({"semblance hnsw sq8, p99 beside a writer, of the p50 alone", Side::kBelow, 5, "x",
         Ratio(In(results, "semblance hnsw sq8", "beside_a_writer", "p99_ms"),
               In(results, "semblance hnsw sq8", "beside_a_writer", "alone_p50_ms"))});
  for (const char* name : {"semblance hnsw sq8", "semblance flat"}) {
    Print({std::string(name) + ", inserts, part of a plain table's rate", Side::kAtLeast, 60, "%",
           Percent(In(results, name, "build", "plain_insert_seconds"),
                   In(results, name, "build", "insert_seconds"))});
  }
}

}  // namespace semblance::bench
