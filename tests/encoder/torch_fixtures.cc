#include "tests/encoder/torch_fixtures.h"

#include <gtest/gtest.h>

#include <random>

namespace semblance::encoder {
namespace {

std::string Number(uint64_t value, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

std::string Integer(int32_t value) {
  return std::string("J").append(Number(static_cast<uint32_t>(value), 4));
}
std::string Text(const std::string& text) {
  return std::string("X").append(Number(text.size(), 4)).append(text);
}
std::string Tuple(const std::vector<int32_t>& values) {
  std::string pickle = "(";
  for (const int32_t value : values) pickle += Integer(value);
  return pickle + "t";
}

}  // namespace

std::string ZipOf(const std::vector<std::pair<std::string, std::string>>& entries, bool wide) {
  constexpr uint64_t kSeeExtra = 0xffffffff;
  std::string file, directory;
  for (const auto& [name, content] : entries) {
    const auto common = [&](uint64_t size, size_t extra) {
      return Number(0, 2) + Number(0, 2) + Number(0, 4) + Number(0, 4) + Number(size, 4) +
             Number(size, 4) + Number(name.size(), 2) + Number(extra, 2);
    };
    std::string extra;
    if (wide) {
      extra = Number(1, 2) + Number(24, 2) + Number(content.size(), 8) + Number(content.size(), 8) +
              Number(file.size(), 8);
    }
    directory += "PK\1\2" + Number(0, 2) + Number(0, 2) +
                 common(wide ? kSeeExtra : content.size(), extra.size()) + Number(0, 2) +
                 Number(0, 2) + Number(0, 2) + Number(0, 4) +
                 Number(wide ? kSeeExtra : file.size(), 4) + name + extra;
    file += "PK\3\4" + Number(0, 2) + common(content.size(), 0) + name + content;
  }
  const std::string end = "PK\5\6" + Number(0, 4) + Number(entries.size(), 2) +
                          Number(entries.size(), 2) + Number(directory.size(), 4) +
                          Number(file.size(), 4) + Number(0, 2);
  return file + directory + end;
}

std::string StateDictFile(const std::vector<int32_t>& shape, const std::vector<int32_t>& strides,
                          int32_t offset, const std::string& storage) {
  const std::string id = std::string("(").append(Text("storage")) + "ctorch\nFloatStorage\n" +
                         Text("0") + Text("cpu") +
                         Integer(static_cast<int32_t>(storage.size() / 4)) + "tQ";
  const std::string pickle = std::string("\x80\2}").append(Text("w")) +
                             "ctorch._utils\n_rebuild_tensor_v2\n(" + id + Integer(offset) +
                             Tuple(shape) + Tuple(strides) + "\x89}tRs.";
  return ZipOf({{"a/data.pkl", pickle}, {"a/data/0", storage}});
}

void DamageAndTry(const std::string& bytes, int rounds,
                  const std::function<void(const std::string&)>& read) {
  std::mt19937_64 random(bytes.size());
  int refused = 0;
  for (int round = 0; round < rounds; ++round) {
    std::string damaged = bytes;
    const size_t changes = 1 + random() % 4;
    for (size_t i = 0; i < changes && !damaged.empty(); ++i) {
      const size_t at = random() % damaged.size(), count = random() % 16;
      switch (random() % 5) {
        case 0:
          damaged[at] = static_cast<char>(random());
          break;
        case 1:  // the numbers that are at the edge of something
          damaged[at] = std::string("\0\1\x7f\x80\xff", 5)[random() % 5];
          break;
        case 2:
          damaged.erase(at, count);
          break;
        case 3:
          damaged.insert(at, damaged.substr(random() % damaged.size(), count));
          break;
        default:
          damaged.replace(at, count, damaged.substr(random() % damaged.size(), count));
          break;
      }
    }
    try {
      read(damaged);
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, rounds / 10);
}

}  // namespace semblance::encoder
