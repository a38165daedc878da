// WordNet's definitions as rows: a dictionary to be searched backwards, from the meaning to the
// word.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace semblance::cli {

struct Gloss {
  std::string words;  // that mean it: "acrophobia", or several, "car, auto, automobile"
  std::string text;   // the definition without its examples
  std::string part_of_speech;
};

// A line of WordNet's data.noun, data.verb, data.adj or data.adv (wndb(5)); nullopt for the licence
// at the top and for what is no such line.
std::optional<Gloss> ParseGloss(std::string_view line, std::string_view part_of_speech);

// From the files in `folder`; empty when they are not there. `limit` 0: all; otherwise as many,
// spread over the files.
std::vector<Gloss> ReadGlosses(const std::string& folder, uint64_t limit);

// Where Debian's package wordnet-base puts them.
inline constexpr const char* kWordNetFolder = "/usr/share/wordnet";

}  // namespace semblance::cli
