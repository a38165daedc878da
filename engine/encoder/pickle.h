// Python's pickle format, as far as torch.save uses it for tensors, read into a tree of plain data.
//
// A pickle is a program for a stack machine that can call any function of Python. This one calls
// nothing: what a program asks to be called becomes a node that says so, only names that the caller
// allows may occur, and what the tree means is the caller's to decide.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/encoder/error.h"

namespace semblance::encoder {

enum class PickleKind : uint8_t {
  kNone = 0,
  kBool = 1,        // integer
  kInteger = 2,     // integer
  kLong = 3,        // text: little-endian two's complement, more than 8 bytes
  kFloat = 4,       // its value is not kept
  kText = 5,        // text
  kTuple = 6,       // items
  kList = 7,        // items
  kDict = 8,        // items: key, value, key, value, ...
  kGlobal = 9,      // text: "module.name"
  kCall = 10,       // items: what would be called, its tuple of arguments; then as of a dict
  kPersistent = 11  // items: the one id
};

struct PickleNode {
  PickleKind kind = PickleKind::kNone;
  int64_t integer = 0;
  std::string text;
  std::vector<const PickleNode*> items;
};

class Pickle {
 public:
  static constexpr size_t kLongest = size_t{16} << 20;  // bytes of one pickle
  static constexpr size_t kMostNodes = size_t{1} << 20;

  // Takes one pickle off the front of `bytes`. `allowed`: the globals that may occur, as
  // "module.name". Throws kUnsupported naming another global or an opcode that torch.save does not
  // use for tensors, kCorruption for what is no pickle. Memory is bounded by the pickle's length.
  static Pickle Read(std::string_view* bytes, std::span<const std::string> allowed);

  const PickleNode& root() const { return *root_; }
  const std::deque<PickleNode>& nodes() const { return nodes_; }  // all, reachable or not

 private:
  friend class PickleMachine;

  std::deque<PickleNode> nodes_;  // nodes refer to each other, in circles maybe
  const PickleNode* root_ = nullptr;
};

}  // namespace semblance::encoder
