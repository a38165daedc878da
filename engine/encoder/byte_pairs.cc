#include "engine/encoder/byte_pairs.h"

#include <algorithm>
#include <array>
#include <functional>
#include <unordered_map>

#include "engine/encoder/byte_level.h"
#include "engine/encoder/utf8.h"

namespace semblance::encoder {
namespace {

constexpr size_t kMostBytes = size_t{64} << 20;
constexpr size_t kMostMerges = size_t{1} << 22;
constexpr uint32_t kNone = UINT32_MAX;

struct Merge {
  uint32_t rank = 0;
  uint32_t joined = 0;  // a symbol
};

// A symbol of a word, in a list of neighbours.
struct Node {
  uint32_t symbol = 0;
  uint32_t previous = kNone;
  uint32_t next = kNone;
};

// Two neighbours that can be joined, the left one at `node`.
struct Candidate {
  uint32_t rank = 0;
  uint32_t node = 0;
  uint64_t pair = 0;
  bool operator>(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : node > other.node;
  }
};

uint64_t PairOf(uint32_t left, uint32_t right) { return uint64_t{left} << 32 | right; }

class BytePairs : public Segmenter {
 public:
  BytePairs(const Vocabulary& vocabulary, const MergeList& merges, int32_t unk) : unk_(unk) {
    TextMap<uint32_t> symbols;
    const auto symbol_of = [&](const std::string& text) {
      const auto [found, added] = symbols.emplace(text, static_cast<uint32_t>(ids_.size()));
      if (added) ids_.push_back(vocabulary.Find(text));
      return found->second;
    };
    for (size_t byte = 0; byte < 256; ++byte) bytes_[byte] = symbol_of(ByteLevelAlphabet()[byte]);
    uint32_t rank = 0;
    for (const auto& [left, right] : merges) {
      const uint64_t pair = PairOf(symbol_of(left), symbol_of(right));
      merges_[pair] = {rank++, symbol_of(left + right)};
    }
  }

  void Append(std::string_view text, size_t enough, std::vector<int32_t>* ids) const override {
    ByteLevelWords words(text);
    std::string_view word;
    std::vector<Node> nodes;
    while (ids->size() < enough && words.Next(&word)) {
      Join(word, &nodes);
      for (uint32_t node = 0; node != kNone; node = nodes[node].next) {
        const int32_t id = ids_[nodes[node].symbol];
        if (id >= 0 || unk_ >= 0) ids->push_back(id >= 0 ? id : unk_);
      }
    }
  }

 private:
  using Heap = std::vector<Candidate>;

  void Consider(const std::vector<Node>& nodes, uint32_t left, Heap* candidates) const {
    const uint64_t pair = PairOf(nodes[left].symbol, nodes[nodes[left].next].symbol);
    const auto found = merges_.find(pair);
    if (found == merges_.end()) return;
    candidates->push_back({found->second.rank, left, pair});
    std::push_heap(candidates->begin(), candidates->end(), std::greater<>());
  }

  static Candidate Pop(Heap* candidates) {
    std::pop_heap(candidates->begin(), candidates->end(), std::greater<>());
    const Candidate candidate = candidates->back();
    candidates->pop_back();
    return candidate;
  }

  // Whether the two neighbours still stand as they did.
  static bool Holds(const std::vector<Node>& nodes, const Candidate& candidate) {
    const Node& node = nodes[candidate.node];
    return node.symbol != kNone && node.next != kNone &&
           PairOf(node.symbol, nodes[node.next].symbol) == candidate.pair;
  }

  // The symbols of `word`, from node 0 on along `next`.
  void Join(std::string_view word, std::vector<Node>* out) const {
    std::vector<Node>& nodes = *out;
    const auto count = static_cast<uint32_t>(word.size());
    nodes.resize(count);
    for (uint32_t i = 0; i < count; ++i) {
      nodes[i] = {bytes_[static_cast<unsigned char>(word[i])], i - 1,
                  i + 1 < count ? i + 1 : kNone};
    }
    Heap candidates;
    for (uint32_t i = 0; i + 1 < count; ++i) Consider(nodes, i, &candidates);
    std::vector<uint32_t> grown;
    while (!candidates.empty()) {
      // All places of one pair from left to right, and only then what that made possible: of pairs
      // that a damaged list learned before their parts, too, the outcome is the same as by going
      // through the whole word for each pair.
      const uint64_t pair = candidates.front().pair;
      const Merge& merge = merges_.find(pair)->second;
      grown.clear();
      while (!candidates.empty() && candidates.front().pair == pair) {
        const Candidate candidate = Pop(&candidates);
        if (!Holds(nodes, candidate)) continue;
        Node& left = nodes[candidate.node];
        Node& right = nodes[left.next];
        left.symbol = merge.joined;
        right.symbol = kNone;
        left.next = right.next;
        if (left.next != kNone) nodes[left.next].previous = candidate.node;
        grown.push_back(candidate.node);
      }
      for (const uint32_t node : grown) {
        const uint32_t previous = nodes[node].previous;
        if (previous != kNone) Consider(nodes, previous, &candidates);
        if (nodes[node].next != kNone) Consider(nodes, node, &candidates);
      }
    }
  }

  // Constant after construction.
  int32_t unk_;
  std::vector<int32_t> ids_;  // by symbol; -1: not in the vocabulary
  std::array<uint32_t, 256> bytes_;
  std::unordered_map<uint64_t, Merge> merges_;
};

}  // namespace

MergeList ReadMerges(std::string_view text, const std::string& what) {
  const auto corrupt = [&](const std::string& message) -> Error {
    return {ErrorKind::kCorruption, what + ": " + message};
  };
  if (text.size() > kMostBytes) throw corrupt("larger than 64 MiB");
  if (ToValidUtf8(text) != text) throw corrupt("not UTF-8");
  MergeList merges;
  for (size_t number = 1;; ++number) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return merges;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (number == 1 || line.empty()) continue;
    const size_t space = line.find(' ');
    if (space == 0 || space >= line.size() - 1 || line.find(' ', space + 1) != line.npos) {
      throw corrupt("line " + std::to_string(number) + " is not two tokens with a space between");
    }
    if (merges.size() == kMostMerges) throw corrupt("too many lines");
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
}

std::unique_ptr<const Segmenter> MakeBytePairs(const Vocabulary& vocabulary,
                                               const MergeList& merges, int32_t unk) {
  return std::make_unique<BytePairs>(vocabulary, merges, unk);
}

}  // namespace semblance::encoder
