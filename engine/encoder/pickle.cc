#include "engine/encoder/pickle.h"

#include <algorithm>
#include <unordered_map>

namespace semblance::encoder {
namespace {

constexpr size_t kLongestName = 256;

[[noreturn]] void Corrupt(const std::string& message) {
  throw Error(ErrorKind::kCorruption, "pickle: " + message);
}

// For messages: the bytes may be anything.
std::string Printable(std::string_view name) {
  std::string text(name.substr(0, 100));
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

std::string Hexadecimal(uint8_t byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  return {'0', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

int64_t Signed(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    value |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes.back()) & 0x80) != 0;
  if (negative && bytes.size() < 8) value |= ~uint64_t{0} << (8 * bytes.size());
  return static_cast<int64_t>(value);
}

}  // namespace

class PickleMachine {
 public:
  PickleMachine(std::string_view bytes, std::span<const std::string> allowed, Pickle* out)
      : all_(bytes.substr(0, Pickle::kLongest)), rest_(all_), allowed_(allowed), out_(out) {}

  // Bytes used.
  size_t Run() {
    for (;;) {
      const auto opcode = static_cast<uint8_t>(Take(1)[0]);
      if (opcode == '.') break;
      if (!Push(opcode) && !Combine(opcode) && !Remember(opcode)) {
        throw Error(ErrorKind::kUnsupported, "pickle: torch.save does not write the opcode " +
                                                 Hexadecimal(opcode) + " for tensors");
      }
    }
    if (stack_.size() != 1 || !marks_.empty()) Corrupt("it does not end with one value");
    out_->root_ = stack_[0];
    return all_.size() - rest_.size();
  }

 private:
  using Node = PickleNode;
  using Kind = PickleKind;

  std::string_view Take(uint64_t count) {
    if (count > rest_.size()) Corrupt("it is cut off");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  // An unsigned little-endian number of so many bytes.
  uint64_t TakeNumber(size_t bytes) {
    uint64_t value = 0;
    const std::string_view taken = Take(bytes);
    for (size_t i = 0; i < bytes; ++i) {
      value |= static_cast<uint64_t>(static_cast<unsigned char>(taken[i])) << (8 * i);
    }
    return value;
  }
  std::string_view TakeLine() {
    const size_t end = rest_.substr(0, kLongestName).find('\n');
    if (end == std::string_view::npos) Corrupt("a name has no end");
    return Take(end + 1).substr(0, end);
  }

  Node* New(Kind kind) {
    if (out_->nodes_.size() >= Pickle::kMostNodes) Corrupt("it has too many values");
    out_->nodes_.emplace_back().kind = kind;
    stack_.push_back(&out_->nodes_.back());
    return stack_.back();
  }
  void NewInteger(int64_t value) { New(Kind::kInteger)->integer = value; }
  void NewText(std::string_view text) { New(Kind::kText)->text = text; }
  void NewLong(std::string_view bytes) {
    if (bytes.size() <= 8) return NewInteger(Signed(bytes));
    New(Kind::kLong)->text = bytes;
  }
  void NewGlobal(std::string_view module, std::string_view name) {
    const std::string full = std::string(module) + "." + std::string(name);
    if (std::find(allowed_.begin(), allowed_.end(), full) == allowed_.end()) {
      throw Error(ErrorKind::kUnsupported,
                  "pickle: it asks for Python's " + Printable(full) +
                      "; only tensors, dicts and plain values are read, and nothing is run");
    }
    New(Kind::kGlobal)->text = full;
  }

  Node* Pop() {
    if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back())) {
      Corrupt("a value is missing");
    }
    Node* node = stack_.back();
    stack_.pop_back();
    return node;
  }
  Node* Top() {
    Node* node = Pop();
    stack_.push_back(node);
    return node;
  }
  std::vector<Node*> PopToMark() {
    if (marks_.empty()) Corrupt("a mark is missing");
    const auto first = stack_.begin() + static_cast<ptrdiff_t>(marks_.back());
    std::vector<Node*> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
  }
  void NewTuple(const std::vector<Node*>& items) {
    New(Kind::kTuple)->items.assign(items.begin(), items.end());
  }
  // The last `count` values of the stack.
  void NewTupleOf(size_t count) {
    std::vector<Node*> items(count);
    for (size_t i = count; i-- > 0;) items[i] = Pop();
    NewTuple(items);
  }
  void Append(const std::vector<Node*>& items) {
    Node* list = Top();
    if (list->kind != Kind::kList) Corrupt("something is appended to what is no list");
    list->items.insert(list->items.end(), items.begin(), items.end());
  }
  void Set(const std::vector<Node*>& items) {
    Node* dict = Top();
    const bool fits = dict->kind == Kind::kDict || dict->kind == Kind::kCall;
    if (!fits || items.size() % 2 != 0) Corrupt("an item is set in what is no dict");
    dict->items.insert(dict->items.end(), items.begin(), items.end());
  }

  // Opcodes that push a value of their own.
  bool Push(uint8_t opcode) {
    switch (opcode) {
      case 'N':
        New(Kind::kNone);
        break;
      case 0x88:
      case 0x89:
        New(Kind::kBool)->integer = opcode == 0x88;
        break;
      case 'K':
        NewInteger(static_cast<int64_t>(TakeNumber(1)));
        break;
      case 'M':
        NewInteger(static_cast<int64_t>(TakeNumber(2)));
        break;
      case 'J':
        NewInteger(Signed(Take(4)));
        break;
      case 0x8a:
        NewLong(Take(TakeNumber(1)));
        break;
      case 0x8b:
        NewLong(Take(TakeNumber(4)));
        break;
      case 'G':
        Take(8);
        New(Kind::kFloat);
        break;
      case 'U':   // text as Python 2 had it
      case 'C':   // bytes
      case 0x8c:  // text
        NewText(Take(TakeNumber(1)));
        break;
      case 'T':
      case 'B':
      case 'X':
        NewText(Take(TakeNumber(4)));
        break;
      case 0x8d:
      case 0x8e:
        NewText(Take(TakeNumber(8)));
        break;
      case ')':
        New(Kind::kTuple);
        break;
      case ']':
        New(Kind::kList);
        break;
      case '}':
        New(Kind::kDict);
        break;
      case 'c': {
        const std::string_view module = TakeLine();
        NewGlobal(module, TakeLine());
        break;
      }
      default:
        return false;
    }
    return true;
  }

  // Opcodes that make a value of values.
  bool Combine(uint8_t opcode) {
    switch (opcode) {
      case '(':
        marks_.push_back(stack_.size());
        break;
      case 't':
        NewTuple(PopToMark());
        break;
      case 0x85:
      case 0x86:
      case 0x87:
        NewTupleOf(opcode - size_t{0x84});
        break;
      case 'a':
        Append({Pop()});
        break;
      case 'e':
        Append(PopToMark());
        break;
      case 's': {
        Node* value = Pop();
        Node* key = Pop();
        Set({key, value});
        break;
      }
      case 'u':
        Set(PopToMark());
        break;
      case 0x93: {
        const Node* name = Pop();
        const Node* module = Pop();
        if (name->kind != Kind::kText || module->kind != Kind::kText) Corrupt("a name is no text");
        NewGlobal(module->text, name->text);
        break;
      }
      case 'R': {
        const Node* arguments = Pop();
        const Node* called = Pop();
        if (called->kind != Kind::kGlobal || arguments->kind != Kind::kTuple) {
          Corrupt("a call has no name or no arguments");
        }
        New(Kind::kCall)->items = {called, arguments};
        break;
      }
      case 'b':  // attributes of an object: of a state dict, the versions of its modules
        Pop();
        if (Top()->kind != Kind::kCall) Corrupt("attributes are set on what is no object");
        break;
      case 'Q': {
        const Node* id = Pop();
        New(Kind::kPersistent)->items = {id};
        break;
      }
      case '0':
        Pop();
        break;
      default:
        return false;
    }
    return true;
  }

  // Opcodes of the memo, and those that change nothing.
  bool Remember(uint8_t opcode) {
    switch (opcode) {
      case 'q':
      case 'r':
        memo_[TakeNumber(opcode == 'q' ? 1 : 4)] = Top();
        break;
      case 0x94:
        memo_.emplace(memo_.size(), Top());
        break;
      case 'h':
      case 'j': {
        const auto found = memo_.find(TakeNumber(opcode == 'h' ? 1 : 4));
        if (found == memo_.end()) Corrupt("it refers to what is not there");
        stack_.push_back(found->second);
        break;
      }
      case 0x80:
        Take(1);
        break;
      case 0x95:
        Take(8);
        break;
      default:
        return false;
    }
    return true;
  }

  const std::string_view all_;
  std::string_view rest_;
  const std::span<const std::string> allowed_;
  Pickle* const out_;
  std::vector<Node*> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::unordered_map<uint64_t, Node*> memo_;
};

Pickle Pickle::Read(std::string_view* bytes, std::span<const std::string> allowed) {
  Pickle pickle;
  bytes->remove_prefix(PickleMachine(*bytes, allowed, &pickle).Run());
  return pickle;
}

}  // namespace semblance::encoder
