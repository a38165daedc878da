// semblance_model_precision(model [, precision]) tells, or says, in which precision a model of the
// main database is computed. semblance_measure_precision(model, query) embeds scored pairs in each
// and keeps the fastest one that is nearly as good as f32. What writes is SQLITE_DIRECTONLY.

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sql_ext/guard.h"
#include "sql_ext/measures.h"
#include "sql_ext/register.h"
#include "sql_ext/train_query.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

using encoder::Precision;

constexpr char kAutomatic[] = "auto";
// Points of Spearman's correlation, of 100, that a faster precision may lose.
constexpr double kMayLose = 0.3;
// The fastest first; each takes about half the time of the next.
constexpr Precision kBySpeed[] = {Precision::kInt8, Precision::kBf16, Precision::kF32};
constexpr size_t kPairsAtATime = 512;

std::string ModelArgument(sqlite3_value* value, const char* function) {
  return TextArgument(value, std::string(function) + "(): the name of a model");
}

engine::PrecisionChoice ChoiceNamed(const std::string& name, engine::PrecisionChoice before) {
  if (name == kAutomatic) {
    before.chosen = std::nullopt;
    return before;
  }
  before.chosen = encoder::PrecisionFromName(name);
  if (!before.chosen) {
    ThrowInvalid(
        "semblance_model_precision(): expected 'f32', 'bf16', 'int8' or 'auto', received "
        "'" +
        name + "'");
  }
  return before;
}

void ModelPrecision(sqlite3_context* context, int count, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    Connection& connection = *ConnectionOf(sqlite3_user_data(context));
    const std::string model = ModelArgument(arguments[0], "semblance_model_precision");
    const std::string id = connection.Models()->Find(model).id;
    if (count > 1) {
      const std::string name =
          TextArgument(arguments[1], "semblance_model_precision(): the name of a precision");
      const auto choice = ChoiceNamed(name, connection.Models()->PrecisionOf(id));
      connection.DatabaseOf("main", engine::FileDatabase::Create::kYes)
          ->models()
          .ChoosePrecision(id, choice);
    }
    ResultText(context, encoder::PrecisionName(connection.Models()->PrecisionOf(id).precision()));
  });
}

// The cosines of all pairs.
std::vector<double> Cosines(Connection* connection, const encoder::Encoder& encoder,
                            const std::vector<training::ScoredPair>& pairs) {
  const size_t width = encoder.dimension();
  std::vector<double> cosines;
  for (size_t begin = 0; begin < pairs.size(); begin += kPairsAtATime) {
    const size_t end = std::min(pairs.size(), begin + kPairsAtATime);
    std::vector<std::string_view> texts;
    for (size_t i = begin; i < end; ++i) {
      texts.push_back(pairs[i].a);
      texts.push_back(pairs[i].b);
    }
    const std::vector<float> vectors = encoder.Encode(texts, connection->Cancel());
    for (size_t i = 0; i < end - begin; ++i) {
      const float* first = &vectors[2 * i * width];
      cosines.push_back(DotInDouble(first, first + width, width));
    }
  }
  return cosines;
}

// Spearman's correlation, times 100, in every precision that this processor computes in and that
// makes a difference.
std::map<Precision, double> Measure(Connection* connection, const std::string& id,
                                    const std::vector<training::ScoredPair>& pairs) {
  const auto models = connection->Models();
  std::vector<double> scores;
  for (const training::ScoredPair& pair : pairs) scores.push_back(pair.score);
  std::map<Precision, double> measured;
  std::vector<double> exact;
  for (const Precision precision : encoder::kPrecisions) {
    if (encoder::ComputedIn(precision) != precision) continue;
    const auto encoder = models->EncoderById(id, precision);
    const std::vector<double> cosines = Cosines(connection, *encoder, pairs);
    if (precision == Precision::kF32) exact = cosines;
    // A model without layers has nothing to compute in another precision.
    if (precision != Precision::kF32 && cosines == exact) continue;
    const auto value = Spearman(cosines, scores);
    if (!value) {
      ThrowInvalid(
          "semblance_measure_precision(): the query must give at least two pairs, and not "
          "all of them with one score");
    }
    measured[precision] = 100 * *value;
  }
  return measured;
}

Precision Fastest(const std::map<Precision, double>& measured) {
  for (const Precision precision : kBySpeed) {
    const auto found = measured.find(precision);
    if (found == measured.end()) continue;
    if (found->second >= measured.at(Precision::kF32) - kMayLose) return precision;
  }
  return Precision::kF32;
}

void MeasurePrecision(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    Connection& connection = *ConnectionOf(sqlite3_user_data(context));
    const std::string model = ModelArgument(arguments[0], "semblance_measure_precision");
    const std::string query =
        TextArgument(arguments[1], "semblance_measure_precision(): a query of a, b, score");
    const std::string id = connection.Models()->Find(model).id;
    const auto pairs = ReadScoredPairs(connection.db(), query);
    const auto measured = Measure(&connection, id, pairs);
    const Precision fastest = Fastest(measured);
    connection.DatabaseOf("main", engine::FileDatabase::Create::kYes)
        ->models()
        .ChoosePrecision(id, {.chosen = std::nullopt, .measured = fastest});
    nlohmann::ordered_json result = {{"precision", encoder::PrecisionName(fastest)}};
    for (const auto& [precision, spearman] : measured) {
      result["spearman"][encoder::PrecisionName(precision)] = std::round(100 * spearman) / 100;
    }
    ResultText(context, result.dump());
  });
}

}  // namespace

void RegisterPrecisionFunctions(sqlite3* db, const ConnectionPtr& connection) {
  RegisterFunction(db, {"semblance_model_precision", 1, 0, ModelPrecision}, &connection);
  RegisterFunction(db, {"semblance_model_precision", 2, SQLITE_DIRECTONLY, ModelPrecision},
                   &connection);
  RegisterFunction(db, {"semblance_measure_precision", 2, SQLITE_DIRECTONLY, MeasurePrecision},
                   &connection);
}

}  // namespace semblance::sql
