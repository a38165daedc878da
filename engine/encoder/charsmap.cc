#include "engine/encoder/charsmap.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace semblance::encoder {
namespace {

constexpr uint32_t kValueBit = 0x80000000u;
constexpr uint32_t kHasValueBit = 0x100;
constexpr uint32_t kLabels = 256;
constexpr int kMostMatches = 32;   // sentencepiece's array on the stack
constexpr int kLongestRule = 128;  // bytes; a table that goes on for longer runs in a circle
constexpr size_t kMostTableBytes = 8 << 20;  // with kLongestRule, bounds the time of the walk

// Little-endian, unaligned.
uint32_t ReadUnit(const char* at) {
  uint32_t unit = 0;
  std::memcpy(&unit, at, sizeof(unit));
  static_assert(std::endian::native == std::endian::little, "sentencepiece swaps bytes elsewhere");
  return unit;
}

uint32_t Label(uint32_t unit) { return unit & 0xff; }
uint32_t Offset(uint32_t unit) { return (unit >> 10) << ((unit & 0x200) >> 6); }

// The units of a table by where their parents point: children(p) are the inner units i with i ^
// label(i) = p.
class Children {
 public:
  explicit Children(const std::vector<uint32_t>& units) : begin_(units.size() + 1) {
    for (size_t pass = 0; pass < 2; ++pass) {
      for (uint32_t i = 0; i < units.size(); ++i) {
        const uint32_t parent = i ^ Label(units[i]);
        if ((units[i] & kValueBit) != 0 || parent >= units.size()) continue;
        if (pass == 0) {
          ++begin_[parent + 1];
        } else {
          units_[next_[parent]++] = i;
        }
      }
      if (pass > 0) break;
      for (size_t i = 1; i < begin_.size(); ++i) begin_[i] += begin_[i - 1];
      next_ = begin_;
      units_.resize(begin_.back());
    }
  }
  const uint32_t* begin(uint32_t parent) const { return units_.data() + begin_[parent]; }
  const uint32_t* end(uint32_t parent) const { return units_.data() + begin_[parent + 1]; }

 private:
  std::vector<uint32_t> begin_, next_;
  std::vector<uint32_t> units_;
};

// Walks the table as every text at once, level by level; shared tails are visited once a level. A
// node is where its children lie; matches[node] counts the values on the way to it, -1 where it was
// not met on this level.
bool WalksStayInside(const std::vector<uint32_t>& units, size_t replacement_bytes) {
  const Children children(units);
  std::vector<int> matches(units.size(), -1);
  std::vector<uint32_t> level, next;
  level.push_back(Offset(units[0]));
  const auto in_block = [&](uint32_t node) { return (node | (kLabels - 1)) < units.size(); };
  if (!in_block(level[0])) return false;
  matches[level[0]] = 0;
  for (int length = 0; !level.empty(); ++length) {
    if (length > kLongestRule) return false;
    std::vector<int> counts(level.size());
    for (size_t i = 0; i < level.size(); ++i) counts[i] = std::exchange(matches[level[i]], -1);
    next.clear();
    for (size_t i = 0; i < level.size(); ++i) {
      for (const uint32_t* child = children.begin(level[i]); child != children.end(level[i]);
           ++child) {
        const uint32_t unit = units[*child];
        const uint32_t node = *child ^ Offset(unit);
        if (!in_block(node)) return false;
        int count = counts[i];
        if ((unit & kHasValueBit) != 0) {
          if (++count > kMostMatches) return false;
          if ((units[node] & ~kValueBit) >= replacement_bytes) return false;
        }
        if (matches[node] < 0) next.push_back(node);
        matches[node] = std::max(matches[node], count);
      }
    }
    level.swap(next);
  }
  return true;
}

}  // namespace

bool IsSoundCharsmap(std::string_view charsmap) {
  if (charsmap.empty()) return true;  // no rules
  if (charsmap.size() <= sizeof(uint32_t)) return false;
  const size_t table_bytes = ReadUnit(charsmap.data());
  charsmap.remove_prefix(sizeof(uint32_t));
  if (table_bytes == 0 || table_bytes % sizeof(uint32_t) != 0 || table_bytes > kMostTableBytes ||
      table_bytes >= charsmap.size()) {
    return false;
  }
  // The last text ends inside, so all do.
  if (charsmap.back() != '\0') return false;
  std::vector<uint32_t> units(table_bytes / sizeof(uint32_t));
  std::memcpy(units.data(), charsmap.data(), table_bytes);
  return WalksStayInside(units, charsmap.size() - table_bytes);
}

}  // namespace semblance::encoder
