#include "tools/cli/demo_glosses.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

namespace semblance::cli {
namespace {

struct Part {
  const char* file;
  const char* name;
};
constexpr Part kParts[] = {{"data.noun", "noun"},
                           {"data.verb", "verb"},
                           {"data.adj", "adjective"},
                           {"data.adv", "adverb"}};

// "hot_dog" -> "hot dog"; "galore(ip)" -> "galore", the mark says where an adjective stands.
std::string Spell(std::string word) {
  if (word.ends_with(')')) word.resize(std::min(word.find('('), word.size()));
  for (char& c : word) {
    if (c == '_') c = ' ';
  }
  return word;
}

std::string Definition(std::string_view gloss) {
  const size_t example = gloss.find("; \"");
  std::string text(gloss.substr(0, example));
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(" ;") + 1);
  return text;
}

}  // namespace

std::optional<Gloss> ParseGloss(std::string_view line, std::string_view part_of_speech) {
  if (line.empty() || line[0] < '0' || line[0] > '9') return std::nullopt;
  const size_t bar = line.find(" | ");
  if (bar == std::string_view::npos) return std::nullopt;
  std::istringstream head{std::string(line.substr(0, bar))};
  std::string offset, file, type;
  unsigned count = 0;
  head >> offset >> file >> type >> std::hex >> count;
  Gloss gloss{{}, Definition(line.substr(bar + 3)), std::string(part_of_speech)};
  for (unsigned i = 0; i < count; ++i) {
    std::string word, sense;
    if (!(head >> word >> sense)) return std::nullopt;
    gloss.words += (i ? ", " : "") + Spell(word);
  }
  if (gloss.words.empty() || gloss.text.empty()) return std::nullopt;
  return gloss;
}

std::vector<Gloss> ReadGlosses(const std::string& folder, uint64_t limit) {
  std::vector<Gloss> glosses;
  for (const Part& part : kParts) {
    std::ifstream file(folder + "/" + part.file);
    std::string line;
    while (std::getline(file, line)) {
      if (auto gloss = ParseGloss(line, part.name)) glosses.push_back(std::move(*gloss));
    }
  }
  if (limit == 0 || limit >= glosses.size()) return glosses;
  std::vector<Gloss> some;
  for (uint64_t i = 0; i < limit; ++i)
    some.push_back(std::move(glosses[i * glosses.size() / limit]));
  return some;
}

}  // namespace semblance::cli
