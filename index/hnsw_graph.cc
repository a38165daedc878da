#include "index/hnsw_graph.h"

#include <limits>
#include <string>
#include <vector>

#include "index/error.h"

namespace semblance::index {
namespace {

[[noreturn]] void Refuse(const std::string& what) {
  throw Error(ErrorKind::kCorruption, "HNSW graph: " + what);
}

// Which nodes are followers.
std::vector<bool> CheckChains(const HnswGraph& graph) {
  std::vector<bool> follows(graph.size(), false);
  for (uint32_t node = 0; node < graph.next_equal.size(); ++node) {
    const uint32_t next = graph.next_equal[node];
    if (next == kNoLink) continue;
    if (next <= node || next >= graph.size() || follows[next]) {
      Refuse("node " + std::to_string(node) + " cannot be followed by " + std::to_string(next));
    }
    follows[next] = true;
  }
  return follows;
}

void CheckLinks(const HnswGraph& graph, const std::vector<bool>& follows, uint32_t node,
                uint32_t level) {
  bool ended = false;
  for (uint32_t link : graph.Links(node, level)) {
    if (link == kNoLink) {
      ended = true;
    } else if (ended) {
      Refuse("node " + std::to_string(node) + " has a link behind the end of its list");
    } else if (link >= graph.size() || graph.levels[link] < level || follows[link]) {
      Refuse("node " + std::to_string(node) + " links to " + std::to_string(link) +
             ", which is not linked on level " + std::to_string(level));
    }
  }
}

}  // namespace

uint32_t NumberUpperRows(HnswGraph& graph) {
  uint64_t rows = 0;
  for (uint32_t node = 0; node < graph.size(); ++node) {
    const uint32_t level = graph.levels[node];
    if (level > kMaxHnswLevel) {
      Refuse("node " + std::to_string(node) + " is on level " + std::to_string(level));
    }
    graph.upper_rows[node] = static_cast<uint32_t>(rows);
    rows += level;
    if (rows > std::numeric_limits<uint32_t>::max()) Refuse("too many levels");
  }
  return static_cast<uint32_t>(rows);
}

void CheckGraph(const HnswGraph& graph) {
  if (graph.size() == 0) {
    if (graph.entry != kNoLink) Refuse("an entry point without nodes");
    return;
  }
  if (graph.next_equal.size() != 0 && graph.next_equal.size() != graph.size()) {
    Refuse("chains of another size");
  }
  const std::vector<bool> follows = CheckChains(graph);
  if (graph.entry >= graph.size() || follows[graph.entry])
    Refuse("the entry point is no linked node");
  const uint32_t highest = graph.levels[graph.entry];
  for (uint32_t node = 0; node < graph.size(); ++node) {
    if (graph.levels[node] > highest) Refuse("a node stands above the entry point");
    for (uint32_t level = 0; level <= graph.levels[node]; ++level)
      CheckLinks(graph, follows, node, level);
  }
}

}  // namespace semblance::index
