#include "tools/cli/demo_tables.h"

#include <memory>
#include <utility>

#include "tools/cli/demo_glosses.h"
#include "tools/cli/demo_packages.h"
#include "tools/cli/record_reader.h"

namespace semblance::cli {
namespace {

using Visit = std::function<void(const std::vector<Value>&)>;

DemoTable PackageTable(std::vector<Package> read) {
  const auto packages = std::make_shared<std::vector<Package>>(std::move(read));
  DemoTable table;
  table.name = "packages";
  table.what = "packages of this system's catalogue (apt-cache dumpavail)";
  table.text_column = "description";
  table.create_sql =
      "CREATE VIRTUAL TABLE packages USING semblance(\n"
      "  description TEXT EMBED, name TEXT, section TEXT, installed_kib INTEGER)";
  table.columns = {"description", "name", "section", "installed_kib"};
  table.shown = "section, installed_kib, description";
  table.queries = {{"something to draw diagrams", ""},
                   {"recover deleted photos", ""},
                   {"watch the stars at night", "section = 'science'"},
                   {"a game about trains", "section = 'games' AND installed_kib < 100000"}};
  table.rows = packages->size();
  table.for_each_row = [packages](const Visit& visit) {
    for (const Package& package : *packages) {
      // The name often says what a short description leaves out: "recoverjpeg: recover JFIF
      // pictures".
      visit({package.name + ": " + package.description, package.name, package.section,
             package.installed_kib});
    }
  };
  return table;
}

DemoTable GlossTable(std::vector<Gloss> read) {
  const auto glosses = std::make_shared<std::vector<Gloss>>(std::move(read));
  DemoTable table;
  table.name = "words";
  table.what = "meanings of WordNet: a dictionary from the meaning to the word";
  table.text_column = "meaning";
  table.create_sql =
      "CREATE VIRTUAL TABLE words USING semblance(\n"
      "  meaning TEXT EMBED, word TEXT, part_of_speech TEXT)";
  table.columns = {"meaning", "word", "part_of_speech"};
  table.shown = "word, part_of_speech, meaning";
  table.queries = {{"fear of heights", "part_of_speech = 'noun'"},
                   {"someone who pretends to be ill", ""},
                   {"to walk slowly without any aim", "part_of_speech = 'verb'"}};
  table.rows = glosses->size();
  table.for_each_row = [glosses](const Visit& visit) {
    for (const Gloss& gloss : *glosses) visit({gloss.text, gloss.words, gloss.part_of_speech});
  };
  return table;
}

}  // namespace

std::vector<DemoTable> SystemTables(uint64_t limit) {
  std::vector<DemoTable> tables;
  if (auto packages = ReadPackages(limit); !packages.empty())
    tables.push_back(PackageTable(std::move(packages)));
  if (auto glosses = ReadGlosses(kWordNetFolder, limit); !glosses.empty()) {
    tables.push_back(GlossTable(std::move(glosses)));
  }
  return tables;
}

DemoTable TextTableOf(const std::string& file, uint64_t limit) {
  const auto lines = std::make_shared<std::vector<std::string>>();
  const auto reader = RecordReader::Open(file, Format::kText, false);
  std::vector<Value> record;
  while ((limit == 0 || lines->size() < limit) && reader->Next(&record)) {
    lines->push_back(std::get<std::string>(std::move(record[0])));
  }
  if (lines->empty()) throw std::runtime_error("there is no text in " + file);
  DemoTable table;
  table.name = "lines";
  table.what = "lines of " + file;
  table.text_column = "line";
  table.create_sql =
      "CREATE VIRTUAL TABLE lines USING semblance(\n  line TEXT EMBED, number INTEGER)";
  table.columns = {"line", "number"};
  table.shown = "number, line";
  for (size_t quarter = 1; quarter <= 3; ++quarter) {
    const size_t i = lines->size() * quarter / 4;
    table.queries.push_back({(*lines)[i], "number <> " + std::to_string(i + 1)});
  }
  table.rows = lines->size();
  table.for_each_row = [lines](const Visit& visit) {
    for (size_t i = 0; i < lines->size(); ++i) visit({(*lines)[i], static_cast<int64_t>(i) + 1});
  };
  return table;
}

}  // namespace semblance::cli
