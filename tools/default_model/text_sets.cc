#include "tools/default_model/text_sets.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace semblance::default_model {
namespace {

std::ifstream Open(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  return in;
}

std::string Trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r;");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r;") - begin + 1);
}

struct Gloss {
  std::string definition;
  std::vector<std::string> examples;
};

// "definition; more of it; "an example"; "another""
Gloss ParseGloss(const std::string& text) {
  Gloss gloss;
  std::string outside;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '"') {
      outside += text[at++];
      continue;
    }
    const size_t end = text.find('"', at + 1);
    if (end == std::string::npos) break;
    gloss.examples.push_back(Trimmed(text.substr(at + 1, end - at - 1)));
    at = end + 1;
  }
  gloss.definition = Trimmed(outside);
  return gloss;
}

std::string LemmaText(std::string lemma) {
  std::replace(lemma.begin(), lemma.end(), '_', ' ');
  const size_t marker = lemma.find('(');  // adjectives: "galore(ip)"
  return marker == std::string::npos || marker == 0 ? lemma : lemma.substr(0, marker);
}

// offset file-number type word-count(hex) word id word id ... | gloss
void AddSynset(const std::string& line, WordNet* out) {
  const size_t bar = line.find(" | ");
  if (line.empty() || line[0] == ' ' || bar == std::string::npos) return;
  std::istringstream fields(line.substr(0, bar));
  std::string offset, file, type, count;
  fields >> offset >> file >> type >> count;
  const long words = std::strtol(count.c_str(), nullptr, 16);
  std::vector<std::string> lemmas;
  for (long i = 0; i < words; ++i) {
    std::string word, id;
    fields >> word >> id;
    lemmas.push_back(LemmaText(word));
  }
  const Gloss gloss = ParseGloss(line.substr(bar + 3));
  if (gloss.definition.empty()) return;
  for (const std::string& lemma : lemmas) out->lemma_gloss.push_back({lemma, gloss.definition});
  for (size_t i = 1; i < lemmas.size(); ++i) out->lemma_lemma.push_back({lemmas[i - 1], lemmas[i]});
  for (const std::string& example : gloss.examples) {
    if (example.size() > 8) out->gloss_example.push_back({gloss.definition, example});
  }
}

StsSet ReadStsSet(const std::string& name, const std::filesystem::path& path) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(path)) {
    for (const auto& entry : std::filesystem::directory_iterator(path))
      files.push_back(entry.path());
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(path);
  }
  StsSet set;
  set.name = name;
  for (const auto& file : files) {
    for (const Row& row : ReadTsv(file.string())) {
      if (row.size() >= 3 && !row[0].empty())
        set.pairs.push_back({row[1], row[2], std::strtod(row[0].c_str(), nullptr)});
    }
  }
  return set;
}

}  // namespace

Rows ReadTsv(const std::string& path) {
  std::ifstream in = Open(path);
  Rows rows;
  for (std::string line; std::getline(in, line);) {
    Row row;
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, '\t');) row.push_back(field);
    if (!row.empty()) rows.push_back(std::move(row));
  }
  return rows;
}

Rows NeighbourPairs(const std::string& path) {
  std::ifstream in = Open(path);
  Rows rows;
  std::string previous;
  for (std::string line; std::getline(in, line); previous = std::move(line)) {
    if (!previous.empty() && !line.empty()) rows.push_back({previous, line});
  }
  return rows;
}

WordNet ReadWordNet(const std::string& folder) {
  WordNet out;
  for (const char* part : {"noun", "verb", "adj", "adv"}) {
    std::ifstream in = Open(folder + "/data." + part);
    for (std::string line; std::getline(in, line);) AddSynset(line, &out);
  }
  return out;
}

std::vector<StsSet> ReadStsSets(const std::string& folder) {
  const std::filesystem::path root(folder);
  return {ReadStsSet("STS12", root / "STS12"), ReadStsSet("STS13", root / "STS13"),
          ReadStsSet("STS-B dev", root / "STSB" / "dev.tsv"),
          ReadStsSet("SICK trial", root / "SICK" / "trial.tsv")};
}

}  // namespace semblance::default_model
