#include "tools/bench/measure.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "tools/bench/stopwatch.h"

namespace semblance::bench {
namespace {

using nlohmann::json;

uint64_t ResidentBytes() {
  malloc_trim(0);
  uint64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

struct Answers {
  double recall = 0;  // mean over the queries
  std::vector<double> seconds;
};

Answers AskAll(Session* session, const DataSet& data, const Ask& ask, const Truth& truth,
               Clock clock = Clock::kThread) {
  Answers answers;
  for (uint32_t q = 0; q < data.query_count(); ++q) {
    const Stopwatch watch(clock);
    const std::vector<int64_t> found = session->Search(data.query(q), ask);
    answers.seconds.push_back(watch.Seconds());
    answers.recall += Recall(found, truth[q]) / data.query_count();
  }
  return answers;
}

double TwoThreadsPerSecond(Contender* contender, const DataSet& data, const Ask& ask) {
  std::unique_ptr<Session> sessions[2] = {contender->NewSession(), contender->NewSession()};
  for (const auto& session : sessions) session->Search(data.query(0), ask);
  const Stopwatch watch;
  {
    std::vector<std::jthread> threads;
    for (const auto& session : sessions) {
      threads.emplace_back([&] {
        for (uint32_t q = 0; q < data.query_count(); ++q) session->Search(data.query(q), ask);
      });
    }
  }
  return 2.0 * data.query_count() / watch.Seconds();
}

json Describe(Contender* contender, Session* session, const DataSet& data, const Ask& ask,
              const Truth& truth) {
  const Answers answers = AskAll(session, data, ask, truth);
  json search = Percentiles(answers.seconds);
  search["recall"] = answers.recall;
  if (contender->has_ef()) search["ef"] = ask.ef;
  if (contender->has_threads()) {
    search["two_threads_per_second"] = TwoThreadsPerSecond(contender, data, ask);
  }
  return search;
}

json Sweep(Contender* contender, Session* session, const DataSet& data,
           const MeasureOptions& options, const Truth& truth) {
  json searches = json::array();
  size_t target = 0;
  for (uint32_t ef : SweepOf(options.k)) {
    if (target == options.recalls.size()) break;
    const Ask ask = {options.k, ef, kAllParts};
    const double recall = AskAll(session, data, ask, truth).recall;
    if (recall < options.recalls[target]) continue;
    json search = Describe(contender, session, data, ask, truth);
    while (target < options.recalls.size() && recall >= options.recalls[target]) {
      search["target"] = options.recalls[target++];
      searches.push_back(search);
    }
  }
  return searches;
}

// By the wall clock, alone and then while somebody writes for a few seconds.
json BesideAWriter(Contender* contender, Session* session, const DataSet& data, const Ask& ask,
                   const Truth& truth) {
  const json alone = Percentiles(AskAll(session, data, ask, truth, Clock::kWall).seconds);
  const auto writing = contender->StartWriting(data);
  if (!writing) return nullptr;
  constexpr double kSeconds = 5;
  std::vector<double> seconds;
  for (const Stopwatch watch; watch.Seconds() < kSeconds;) {
    const Answers answers = AskAll(session, data, ask, truth, Clock::kWall);
    seconds.insert(seconds.end(), answers.seconds.begin(), answers.seconds.end());
  }
  json search = Percentiles(std::move(seconds));
  search["alone_p50_ms"] = alone["p50_ms"];
  return search;
}

}  // namespace

std::vector<uint32_t> SweepOf(uint32_t k) {
  std::vector<uint32_t> sweep;
  for (double ef = k; ef <= 2000; ef = std::max(ef + 2, ef * 1.12)) {
    sweep.push_back(static_cast<uint32_t>(ef));
  }
  return sweep;
}

json Percentiles(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&](double part) {
    const auto i = static_cast<size_t>(part * static_cast<double>(seconds.size()));
    return 1000 * seconds[std::min(i, seconds.size() - 1)];
  };
  return {{"p50_ms", at(0.5)}, {"p95_ms", at(0.95)}, {"p99_ms", at(0.99)}};
}

json Measure(Contender* contender, const DataSet& data, const MeasureOptions& options) {
  const uint64_t before = ResidentBytes();
  const Stopwatch processor(Clock::kProcess);
  const BuildTimes times = contender->Build(data);
  const double processor_seconds = processor.Seconds();
  const auto session = contender->NewSession();
  session->Search(data.query(0), {options.k, 64, kAllParts});
  const uint64_t grown = ResidentBytes() - std::min(before, ResidentBytes());
  json result;
  result["build"] = {{"insert_seconds", times.insert_seconds},
                     {"plain_insert_seconds", times.plain_insert_seconds},
                     {"build_seconds", times.build_seconds},
                     {"open_seconds", times.open_seconds},
                     {"processor_seconds", processor_seconds},
                     {"bytes_per_vector", static_cast<double>(grown) / data.size()}};
  const Truth truth = FindTruth(data, options.k, kAllParts);
  if (contender->has_ef()) {
    result["searches"] = Sweep(contender, session.get(), data, options, truth);
  } else {
    result["searches"] =
        json::array({Describe(contender, session.get(), data, {options.k, 64, kAllParts}, truth)});
  }
  const Ask unfiltered = {options.k, options.filter_ef, kAllParts};
  const auto beside = [&] {
    json search = BesideAWriter(contender, session.get(), data, unfiltered, truth);
    if (!search.is_null()) result["beside_a_writer"] = std::move(search);
    return result;
  };
  if (!contender->has_filter()) return beside();
  result["unfiltered_recall"] = AskAll(session.get(), data, unfiltered, truth).recall;
  for (uint32_t permille : options.permille) {
    const Ask ask = {options.k, options.filter_ef, permille};
    const Answers answers =
        AskAll(session.get(), data, ask, FindTruth(data, options.k, permille));
    json filter = Percentiles(answers.seconds);
    filter["recall"] = answers.recall;
    filter["permille"] = permille;
    result["filters"].push_back(filter);
  }
  return beside();  // the last, because it adds rows
}

}  // namespace semblance::bench
