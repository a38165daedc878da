// Runs a target on its seeds, then on changed copies of them: the same for the same --seed.
//
//   semblance_fuzz_NAME [--rounds N] [--seed N] [--write-corpus FOLDER] [FILE...]
//
// Each input is in the file NAME.input while it is read, so that it is there after a crash; given
// as FILE, it is read again.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "tests/fuzz/fuzz_target.h"

namespace semblance::fuzz {
namespace {

struct Options {
  uint64_t rounds = 1000;
  uint64_t seed = 1;
  std::string corpus;
  std::vector<std::string> files;
};

// Any of: other bytes, the numbers at the edge of something, pieces taken out, doubled, moved or
// taken from another input, and a file that ends early.
class Changer {
 public:
  Changer(const std::vector<std::string>& seeds, uint64_t seed) : seeds_(seeds), random_(seed) {}

  std::string Next() {
    std::string input = Any();
    for (uint64_t changes = 1 + Below(4); changes > 0; --changes) Change(&input);
    return input;
  }

 private:
  const std::string& Any() { return seeds_[Below(seeds_.size())]; }
  uint64_t Below(uint64_t limit) { return random_() % limit; }
  // A place up to the end, most often near the front, where the lengths and the counts are.
  size_t Place(const std::string& input) {
    const size_t within = Below(2) == 0 ? input.size() : std::min<size_t>(input.size(), 256);
    return Below(within + 1);
  }

  void Change(std::string* input) {
    const size_t at = Place(*input), length = Below(2) == 0 ? Below(9) : Below(200);
    switch (Below(8)) {
      case 0:
        if (at < input->size()) (*input)[at] = static_cast<char>(random_());
        return;
      case 1:
        if (at < input->size()) (*input)[at] ^= static_cast<char>(1 << Below(8));
        return;
      case 2:
        input->erase(at, length);
        return;
      case 3:
        input->insert(at, input->substr(Place(*input), length));
        return;
      case 4:
        input->resize(at);
        return;
      case 5:
        input->replace(at, std::min<size_t>(length, input->size() - at), EdgeNumber());
        return;
      case 6:
        input->insert(at, 1, "\"{}[]:,\n 09-.e\\\xff"[Below(16)]);
        return;
      default:
        const std::string& other = Any();
        input->insert(at, other.substr(Place(other), length));
    }
  }

  std::string EdgeNumber() {
    static const uint64_t kEdges[] = {0,
                                      1,
                                      0x7f,
                                      0x80,
                                      0xff,
                                      0x7fff,
                                      0xffff,
                                      0x7fffffff,
                                      0x80000000,
                                      0xffffffff,
                                      0x7fffffffffffffff,
                                      0x8000000000000000,
                                      0xffffffffffffffff};
    const uint64_t number = kEdges[Below(std::size(kEdges))];
    if (Below(2) == 0) return std::to_string(number);
    return {reinterpret_cast<const char*>(&number), size_t{1} << Below(4)};
  }

  const std::vector<std::string>& seeds_;
  std::mt19937_64 random_;
};

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Expect(file.is_open(), path.c_str());
  return {std::istreambuf_iterator<char>(file), {}};
}

void Read(const std::string& input) {
  // A copy of its very size, so that reading one byte more is noticed.
  const std::vector<uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

int Run(const Options& options, const std::string& program) {
  for (const std::string& file : options.files) Read(ReadFile(file));
  if (!options.files.empty()) return 0;
  const std::vector<std::string> seeds = Seeds();
  for (size_t i = 0; i < seeds.size() && !options.corpus.empty(); ++i) {
    WriteFile(options.corpus + "/" + std::to_string(i), seeds[i]);
  }
  const std::string current = program + ".input";
  Changer changer(seeds, options.seed);
  for (uint64_t round = 0; round < seeds.size() + options.rounds; ++round) {
    const std::string input = round < seeds.size() ? seeds[round] : changer.Next();
    WriteFile(current, input);
    Read(input);
  }
  std::filesystem::remove(current);
  std::printf("%zu seeds and %llu changed inputs, seed %llu: nothing broke\n", seeds.size(),
              static_cast<unsigned long long>(options.rounds),
              static_cast<unsigned long long>(options.seed));
  return 0;
}

Options Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const bool has_value = i + 1 < argc;
    if (has_value && std::strcmp(argv[i], "--rounds") == 0) {
      options.rounds = std::strtoull(argv[++i], nullptr, 10);
    } else if (has_value && std::strcmp(argv[i], "--seed") == 0) {
      options.seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (has_value && std::strcmp(argv[i], "--write-corpus") == 0) {
      options.corpus = argv[++i];
      options.rounds = 0;
    } else {
      options.files.push_back(argv[i]);
    }
  }
  return options;
}

}  // namespace
}  // namespace semblance::fuzz

int main(int argc, char** argv) {
  const std::string program = std::filesystem::path(argv[0]).filename().string();
  return semblance::fuzz::Run(semblance::fuzz::Parse(argc, argv), program);
}
