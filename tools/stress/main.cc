// semblance-stress: several processes write to and read from one database while they are killed at
// random moments and at named points; after each round everything that was committed must be there,
// nothing else, and every search must agree with it.
//
//   semblance-stress --seconds 60 --seed 1
//
// Exit codes: 0 nothing was violated; 1 something was, and it says what; 2 the command line was at
// fault.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <thread>

#include "tools/cli/connection.h"
#include "tools/stress/process.h"
#include "tools/stress/roles.h"
#include "tools/stress/story.h"

namespace semblance::stress {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Settings {
  Role role;
  int seconds = 60;
  int writers = 2;
  int readers = 2;
  std::string part;  // of a child: "write", "read", "check"
  uint64_t acknowledged = 0;
};

struct Tally {
  uint64_t kills = 0;
  uint64_t own_kills = 0;  // at a named point
  uint64_t snapshots = 0;
  uint64_t checks = 0;
  uint64_t acknowledged = 0;
};

constexpr const char* kPoints[] = {
    "commit:before-prepare", "commit:prepared", "commit:in-sqlite", "commit:committed",
    "commit:published",      "seal:built",      "seal:saved",       "seal:manifest",
    "seal:published",        "seal:cleaned"};

class Stress {
 public:
  explicit Stress(const Settings& settings) : settings_(settings), dice_(settings.role.seed) {}

  // False, and a line on standard error, when something was violated.
  bool Run();
  const Tally& tally() const { return tally_; }

 private:
  using Crew = std::vector<std::unique_ptr<Process>>;

  std::vector<std::string> Arguments(const std::string& part) const;
  std::unique_ptr<Process> Start(const std::string& part);
  bool Bury(Process* process, const std::string& part, uint64_t* kills);
  bool Look(Crew* crew, const std::string& part);
  bool KillSome(Crew* crew, const std::string& part);
  bool CheckAll();
  void Count(const Process& process, const std::string& part);

  const Settings settings_;
  std::mt19937_64 dice_;
  Tally tally_;
};

std::unique_ptr<Process> Stress::Start(const std::string& part) {
  std::string point;
  if (part == "write" && dice_() % 3 == 0)
    point =
        std::string(kPoints[dice_() % std::size(kPoints)]) + ":" + std::to_string(1 + dice_() % 6);
  return std::make_unique<Process>(Arguments(part), point);
}

std::vector<std::string> Stress::Arguments(const std::string& part) const {
  return {"--part",         part,
          "--db",           settings_.role.file,
          "--seed",         std::to_string(settings_.role.seed),
          "--journal",      settings_.role.journal_mode,
          "--acknowledged", std::to_string(tally_.acknowledged)};
}

void Stress::Count(const Process& process, const std::string& part) {
  if (part == "read") {
    tally_.snapshots += process.reports();
  } else {
    tally_.acknowledged = std::max(tally_.acknowledged, process.last_report());
  }
}

// Counts a process that has ended. False when it was not killed: it met something.
bool Stress::Bury(Process* process, const std::string& part, uint64_t* kills) {
  process->Await();
  Count(*process, part);
  if (process->killed()) {
    ++*kills;
    return true;
  }
  std::fprintf(stderr, "a process that should %s ended with status %d\n", part.c_str(),
               process->status());
  return false;
}

// Processes that have ended by themselves: at a named point, or with a complaint.
bool Stress::Look(Crew* crew, const std::string& part) {
  for (auto& process : *crew) {
    if (!process->Ended()) continue;
    if (!Bury(process.get(), part, &tally_.own_kills)) return false;
    process = Start(part);
  }
  return true;
}

bool Stress::KillSome(Crew* crew, const std::string& part) {
  if (!Look(crew, part)) return false;
  for (auto& process : *crew) {
    if (dice_() % crew->size() != 0) continue;
    process->Kill();
    if (!Bury(process.get(), part, &tally_.kills)) return false;
    process = Start(part);
  }
  return true;
}

bool Stress::CheckAll() {
  Process check(Arguments("check"), "");
  check.Await();
  Count(check, "check");
  ++tally_.checks;
  return check.status() == 0 && !check.killed();
}

bool Stress::Run() {
  const auto end = steady_clock::now() + std::chrono::seconds(settings_.seconds);
  {
    cli::Connection connection(settings_.role.file, cli::Connection::Create::kYes);
    connection.Execute("PRAGMA journal_mode = " + settings_.role.journal_mode);
    for (const std::string& sql : Story(settings_.role.seed).Schema()) connection.Execute(sql);
  }
  while (steady_clock::now() < end) {
    {
      Crew writers, readers;
      for (int i = 0; i < settings_.writers; ++i) writers.push_back(Start("write"));
      for (int i = 0; i < settings_.readers; ++i) readers.push_back(Start("read"));
      for (uint64_t rounds = 3 + dice_() % 8; rounds > 0 && steady_clock::now() < end; --rounds) {
        std::this_thread::sleep_for(milliseconds(20 + dice_() % 1500));
        if (!KillSome(&writers, "write") || !Look(&readers, "read")) return false;
        if (dice_() % 4 == 0 && !KillSome(&readers, "read")) return false;
      }
      for (auto* crew : {&writers, &readers}) {
        const std::string part = crew == &writers ? "write" : "read";
        if (!Look(crew, part)) return false;
        for (auto& process : *crew) {
          process->Kill();
          if (!Bury(process.get(), part, &tally_.kills)) return false;
        }
      }
    }
    if (!CheckAll()) return false;
  }
  return CheckAll();
}

int PlayPart(const Settings& settings) {
  try {
    if (settings.part == "write") Write(settings.role);
    if (settings.part == "read") Read(settings.role);
    if (settings.part == "check") Check(settings.role, settings.acknowledged);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", settings.part.c_str(), error.what());
    return 1;
  }
}

int Main(int argc, char** argv) {
  Settings settings;
  CLI::App program(
      "Writes, reads and kills: several processes on one database, at random moments and named "
      "points; then looks whether all that was committed is there");
  program.add_option("--seconds", settings.seconds, "How long")->check(CLI::Range(1, 1000000));
  program.add_option("--seed", settings.role.seed, "Of everything that is random");
  program.add_option("--db", settings.role.file,
                     "A file that does not exist yet; default: temporary");
  program.add_option("--journal", settings.role.journal_mode, "SQLite's journal mode")
      ->check(CLI::IsMember({"wal", "delete", "truncate", "persist"}));
  program.add_option("--writers", settings.writers, "Processes")->check(CLI::Range(1, 64));
  program.add_option("--readers", settings.readers, "Processes")->check(CLI::Range(0, 64));
  program.add_option("--part", settings.part)->group("");
  program.add_option("--acknowledged", settings.acknowledged)->group("");
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : 2;
  }
  if (!settings.part.empty()) return PlayPart(settings);

  std::filesystem::path folder;
  if (settings.role.file.empty()) {
    std::string pattern = std::filesystem::temp_directory_path() / "semblance-stress-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) {
      std::fprintf(stderr, "no temporary folder can be made of %s\n", pattern.c_str());
      return 2;
    }
    folder = pattern;
    settings.role.file = folder / "stress.db";
  } else if (std::filesystem::exists(settings.role.file)) {
    std::fprintf(stderr, "%s is there already: give a name for a new file\n",
                 settings.role.file.c_str());
    return 2;
  }
  Stress stress(settings);
  bool kept = false;
  try {
    kept = stress.Run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  const Tally& tally = stress.tally();
  std::printf(
      "seed %llu, %d s, journal_mode %s: %llu transactions committed, %llu kills at random, %llu "
      "at "
      "named points, %llu snapshots read, %llu whole checks: %s\n",
      static_cast<unsigned long long>(settings.role.seed), settings.seconds,
      settings.role.journal_mode.c_str(), static_cast<unsigned long long>(tally.acknowledged),
      static_cast<unsigned long long>(tally.kills),
      static_cast<unsigned long long>(tally.own_kills),
      static_cast<unsigned long long>(tally.snapshots),
      static_cast<unsigned long long>(tally.checks), kept ? "no violation" : "VIOLATED");
  if (!kept) {
    std::printf("The database is left at %s\n", settings.role.file.c_str());
    return 1;
  }
  if (!folder.empty()) std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace semblance::stress

int main(int argc, char** argv) { return semblance::stress::Main(argc, argv); }
