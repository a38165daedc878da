#include "tools/cli/sts_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include "tools/cli/byte_source.h"
#include "tools/cli/record_reader.h"

namespace semblance::cli {

void ReadStsFile(const std::string& path, const std::function<void(const StsPair&)>& visit) {
  ByteSource source(path);
  std::string line;
  for (;;) {
    const uint64_t number = source.line();
    if (!source.GetLine(&line)) return;
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    std::vector<std::string_view> fields;
    for (size_t begin = 0; begin <= line.size();) {
      const size_t end = std::min(line.find('\t', begin), line.size());
      fields.push_back(std::string_view(line).substr(begin, end - begin));
      begin = end + 1;
    }
    if (fields.size() < 3) {
      throw InputError(path, number,
                       "expected score, tab, sentence, tab, sentence; there are " +
                           std::to_string(fields.size()) + " fields");
    }
    double score = 0;
    const char* end = fields[0].data() + fields[0].size();
    const auto [stop, error] = std::from_chars(fields[0].data(), end, score);
    if (error != std::errc() || stop != end || !std::isfinite(score)) {
      throw InputError(path, number, "the score '" + std::string(fields[0]) + "' is not a number");
    }
    visit({score, std::string(fields[1]), std::string(fields[2])});
  }
}

}  // namespace semblance::cli
