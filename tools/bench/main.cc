// semblance-bench: how fast searches, builds and inserts are, ours and others', with the recall.
// docs/benchmarks.md says how to run it and what came out.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tools/bench/child.h"
#include "tools/bench/machine.h"
#include "tools/bench/measure.h"
#include "tools/bench/report.h"
#include "tools/bench/sqlite_contenders.h"
#include "tools/bench/usearch.h"
#include "tools/cli/demo_glosses.h"
#include "tools/cli/extension_path.h"

namespace semblance::bench {
namespace {

using nlohmann::json;

struct Options {
  std::string data = "clustered";
  uint32_t rows = 100000;
  uint32_t queries = 500;
  uint32_t dimension = 384;
  uint32_t seed = 1;
  GraphOptions graph;
  std::string peers;
  std::string folder = (std::filesystem::temp_directory_path() / "semblance-bench").string();
  std::string json_file;
  std::string print_file;
  std::vector<std::string> only;
};

// Where npm puts the file of a package.
std::string PeerFile(const std::string& peers, const std::string& path) {
  return peers + "/node_modules/" + path;
}

DataSet GlossVectors(const Options& options) {
  const std::string file = options.folder + "-glosses.f32";
  if (!std::filesystem::exists(file)) {
    std::vector<std::string> texts;
    for (cli::Gloss& gloss : cli::ReadGlosses(cli::kWordNetFolder, 0)) {
      texts.push_back(std::move(gloss.text));
    }
    if (texts.empty()) {
      throw std::runtime_error("no glosses here; on Debian: apt-get install wordnet-base");
    }
    std::fprintf(stderr, "embedding %zu glosses into %s\n", texts.size(), file.c_str());
    const json done = RunInChild([&] {
      EmbedTexts(cli::FindExtension(), texts, file + ".new");
      return json::object();
    });
    if (done.contains("error")) throw std::runtime_error(done["error"].get<std::string>());
    std::filesystem::rename(file + ".new", file);
  }
  return ReadVectors(file, "glosses", options.dimension, options.rows, options.queries,
                     options.seed);
}

class Run {
 public:
  // `run` has what PrintReport wants; its results are filled, and kept in the JSON file, one by
  // one.
  Run(const Options& options, const DataSet& data, json* run)
      : options_(options), data_(data), run_(*run) {
    run_["results"] = json::object();
  }

  void All() {
    const std::string ours = cli::FindExtension();
    for (bool quantized : {false, true}) {
      for (Shape shape : {Shape::kFlat, Shape::kGraph}) {
        const std::string name =
            std::string(shape == Shape::kFlat ? "flat" : "hnsw") + (quantized ? " sq8" : "");
        Sql("semblance " + name,
            SemblanceSpelling(ours, data_.dimension, shape, quantized, options_.graph));
        Library("index " + name,
                [&] { return NewIndexContender(shape, quantized, options_.graph); });
      }
    }
    Library("hnswlib", [&] { return NewHnswlibContender(options_.graph); });
    Library("faiss flat", [&] { return NewFaissContender(Shape::kFlat, options_.graph); });
    Library("faiss hnsw", [&] { return NewFaissContender(Shape::kGraph, options_.graph); });
    if (!options_.peers.empty()) Peers();
  }

 private:
  void Peers() {
    const auto file = [&](const char* path) { return PeerFile(options_.peers, path); };
    Sql("sqlite-vec", SqliteVecSpelling(file("sqlite-vec-linux-x64/vec0.so"), data_.dimension));
    Sql("vectorlite", VectorliteSpelling(file("@1yefuwang1/vectorlite-linux-x64/src/vectorlite.so"),
                                         data_.dimension, data_.size(), options_.graph));
    for (bool quantized : {false, true}) {
      Sql(quantized ? "sqlite-vector quantized" : "sqlite-vector",
          SqliteVectorSpelling(file("@sqliteai/sqlite-vector-linux-x86_64/vector.so"),
                               data_.dimension, quantized));
    }
    for (const char* type : {"f32", "i8"}) {
      Do(std::string("usearch ") + type, [&, type] {
        return MeasureUsearch(options_.peers, type, data_, options_.graph, {}, options_.folder);
      });
    }
  }

  void Sql(const std::string& name, const SqlSpelling& spelling) {
    Do(name, [&] { return Measure(NewSqlContender(spelling, options_.folder).get(), data_, {}); });
  }
  template <typename Make>
  void Library(const std::string& name, Make make) {
    Do(name, [&]() -> json {
      const auto contender = make();
      if (!contender) return {{"error", "this program was built without it"}};
      return Measure(contender.get(), data_, {});
    });
  }
  template <typename Work>
  void Do(const std::string& name, Work work) {
    bool wanted = options_.only.empty();
    for (const std::string& part : options_.only) wanted |= name.find(part) != std::string::npos;
    if (!wanted) return;
    std::fprintf(stderr, "%s\n", name.c_str());
    run_["results"][name] = RunInChild(work);
    if (options_.json_file.empty()) return;
    std::ofstream out(options_.json_file);
    out << run_.dump(1) << "\n";
    if (!out) throw std::runtime_error("cannot write " + options_.json_file);
  }

  const Options& options_;
  const DataSet& data_;
  json& run_;
};

int Main(int argc, char** argv) {
  Options options;
  CLI::App program("Speed and recall of Semblance and of others, on this machine.",
                   "semblance-bench");
  program.add_option("--data", options.data, "clustered (drawn), or glosses (WordNet's, embedded)")
      ->check(CLI::IsMember({"clustered", "glosses"}));
  program.add_option("--rows", options.rows, "Vectors")->capture_default_str();
  program.add_option("--queries", options.queries, "Queries")->capture_default_str();
  program.add_option("--dimension", options.dimension, "Of clustered")->capture_default_str();
  program.add_option("--seed", options.seed, "Of the data")->capture_default_str();
  program.add_option("--m", options.graph.m, "HNSW's M")->capture_default_str();
  program.add_option("--ef-construction", options.graph.ef_construction, "HNSW's efConstruction")
      ->capture_default_str();
  program.add_option("--threads", options.graph.threads, "Of builds")->capture_default_str();
  program.add_option("--peers", options.peers, "The folder that tools/bench/fetch-peers filled");
  program.add_option("--folder", options.folder, "For databases while they are measured")
      ->capture_default_str();
  program.add_option("--only", options.only, "Only those with this in their name; repeatable");
  program.add_option("--json", options.json_file, "Write everything measured to this file too");
  program.add_option("--print", options.print_file, "Only print what such a file holds");
  CLI11_PARSE(program, argc, argv);

  if (!options.print_file.empty()) {
    std::ifstream in(options.print_file);
    PrintReport(json::parse(in));
    return 0;
  }

  json run = json::object();
  for (int i = 0; i < argc; ++i) {
    run["command"] = run.value("command", "") + (i ? " " : "") + argv[i];
  }
  const DataSet data = options.data == "glosses" ? GlossVectors(options)
                                                 : MakeClustered(options.rows, options.dimension,
                                                                 options.queries, options.seed);
  run["machine"] = DescribeMachine();
  run["data"] = {{"name", data.name},
                 {"rows", data.size()},
                 {"queries", data.query_count()},
                 {"dimension", data.dimension},
                 {"seed", options.seed},
                 {"k", MeasureOptions().k},
                 {"m", options.graph.m},
                 {"ef_construction", options.graph.ef_construction},
                 {"build_threads", options.graph.threads}};
  Run(options, data, &run).All();
  PrintReport(run);
  return 0;
}

}  // namespace
}  // namespace semblance::bench

int main(int argc, char** argv) {
  try {
    return semblance::bench::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "semblance-bench: %s\n", error.what());
    return 1;
  }
}
