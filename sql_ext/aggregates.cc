// spearman, pearson, alignment, uniformity, anisotropy, retrieval_accuracy and vec_avg: an
// evaluation is one SELECT. A row with NULL in any argument is skipped; a result that is undefined
// is NULL.
//
// Memory: pearson, alignment, anisotropy and vec_avg keep a constant amount; spearman 16 bytes a
// row, because ranks need all of them; uniformity a bounded sample (measures.h);
// retrieval_accuracy all vectors, of which there is a highest number.

#include <cmath>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "engine/training/retrieval.h"
#include "sql_ext/guard.h"
#include "sql_ext/measures.h"
#include "sql_ext/register.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

void ResultOptional(sqlite3_context* context, std::optional<double> value) {
  if (value) sqlite3_result_double(context, *value);
}

double NumberFrom(sqlite3_value* value, const char* what) {
  const int type = sqlite3_value_numeric_type(value);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) {
    ThrowInvalid(std::string(what) + ": expected a number, received " + Describe(value));
  }
  return sqlite3_value_double(value);
}

// A vector that can be normalised.
std::vector<float> DirectionFrom(sqlite3_value* value, const char* what) {
  std::vector<float> vector = VectorFromValue(value, what);
  for (float element : vector) {
    if (element != 0) return vector;
  }
  ThrowInvalid(ErrorKind::kVector, std::string(what) +
                                       ": expected vectors with a direction, received " +
                                       std::to_string(vector.size()) + " zeros");
}

// Each of these is made at its first row that has no NULL: Step gets such rows only, Finish comes
// once.

struct SpearmanState {
  std::vector<double> x, y;
  void Step(sqlite3_value** arguments) {
    const double a = NumberFrom(arguments[0], "spearman()");
    const double b = NumberFrom(arguments[1], "spearman()");
    x.push_back(a);
    y.push_back(b);
  }
  void Finish(sqlite3_context* context) const { ResultOptional(context, Spearman(x, y)); }
};

struct PearsonState {
  Pearson pearson;
  void Step(sqlite3_value** arguments) {
    pearson.Add(NumberFrom(arguments[0], "pearson()"), NumberFrom(arguments[1], "pearson()"));
  }
  void Finish(sqlite3_context* context) const { ResultOptional(context, pearson.Value()); }
};

struct AlignmentState {
  Alignment alignment;
  void Step(sqlite3_value** arguments) {
    const std::vector<float> x = DirectionFrom(arguments[0], "alignment()");
    const std::vector<float> y = DirectionFrom(arguments[1], "alignment()");
    CheckSameDimension(x, y, "alignment()");
    alignment.Add(x, y);
  }
  void Finish(sqlite3_context* context) const { ResultOptional(context, alignment.Value()); }
};

// Throws unless `dimension` is that of the rows before.
void CheckRowDimension(size_t before, size_t dimension, const char* what) {
  if (before == dimension) return;
  ThrowInvalid(ErrorKind::kDimension, std::string(what) +
                                          ": expected vectors of one dimension, received " +
                                          std::to_string(dimension) +
                                          " dimensions after rows with " + std::to_string(before));
}

struct RetrievalState {
  // The time grows with the square: a few seconds for as many of 256 dimensions.
  static constexpr size_t kMostPairs = 10000;
  std::vector<float> a, b;
  size_t dimension = 0;
  void Step(sqlite3_value** arguments) {
    constexpr const char* kName = "retrieval_accuracy()";
    const std::vector<float> x = DirectionFrom(arguments[0], kName);
    const std::vector<float> y = DirectionFrom(arguments[1], kName);
    CheckSameDimension(x, y, kName);
    if (dimension != 0) CheckRowDimension(dimension, x.size(), kName);
    dimension = x.size();
    if (a.size() >= kMostPairs * dimension) {
      ThrowInvalid(ErrorKind::kTooBig, std::string(kName) + ": takes at most " +
                                           std::to_string(kMostPairs) +
                                           " pairs, each of which is compared with all; give a "
                                           "sample of them, as by LIMIT in a subquery");
    }
    a.insert(a.end(), x.begin(), x.end());
    b.insert(b.end(), y.begin(), y.end());
  }
  void Finish(sqlite3_context* context) const {
    const training::Retrieval found =
        training::RetrievePairs(a, b, dimension, [] { return false; });
    if (found.forward.empty()) return;
    double sum = 0;
    for (const double share : found.forward) sum += share;
    for (const double share : found.backward) sum += share;
    sqlite3_result_double(context, sum / (2 * static_cast<double>(found.forward.size())));
  }
};

struct UniformityState {
  Uniformity uniformity;
  void Step(sqlite3_value** arguments) {
    const std::vector<float> vector = DirectionFrom(arguments[0], "uniformity()");
    if (uniformity.dimension() != 0) {
      CheckRowDimension(uniformity.dimension(), vector.size(), "uniformity()");
    }
    uniformity.Add(vector);
  }
  void Finish(sqlite3_context* context) const { ResultOptional(context, uniformity.Value()); }
};

// The mean cosine of all pairs: the squared length of the sum of n unit vectors holds each pair
// twice, and n besides.
struct AnisotropyState {
  std::vector<double> sums;
  double count = 0;
  void Step(sqlite3_value** arguments) {
    const std::vector<float> vector = DirectionFrom(arguments[0], "anisotropy()");
    if (sums.empty()) sums.resize(vector.size());
    CheckRowDimension(sums.size(), vector.size(), "anisotropy()");
    double square = 0;
    for (const float element : vector) square += static_cast<double>(element) * element;
    for (size_t i = 0; i < vector.size(); ++i) sums[i] += vector[i] / std::sqrt(square);
    ++count;
  }
  void Finish(sqlite3_context* context) const {
    if (count < 2) return;
    double square = 0;
    for (const double sum : sums) square += sum * sum;
    sqlite3_result_double(context, (square - count) / (count * (count - 1)));
  }
};

struct AverageState {
  std::vector<double> sums;
  double count = 0;
  void Step(sqlite3_value** arguments) {
    const std::vector<float> vector = VectorFromValue(arguments[0], "vec_avg()");
    if (sums.empty()) sums.resize(vector.size());
    CheckRowDimension(sums.size(), vector.size(), "vec_avg()");
    for (size_t i = 0; i < vector.size(); ++i) sums[i] += vector[i];
    ++count;
  }
  void Finish(sqlite3_context* context) const {
    std::vector<float> average;
    average.reserve(sums.size());
    for (double sum : sums) average.push_back(static_cast<float>(sum / count));
    ResultVector(context, average, "vec_avg()");
  }
};

// SQLite keeps a pointer's worth of memory for each group; the state it points to is freed by
// Final, which SQLite calls in every case, after an error too.
template <typename State, int kArguments>
void Step(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    for (int i = 0; i < kArguments; ++i) {
      if (sqlite3_value_type(arguments[i]) == SQLITE_NULL) return;
    }
    auto** state = static_cast<State**>(sqlite3_aggregate_context(context, sizeof(State*)));
    if (state == nullptr) throw std::bad_alloc();
    if (*state == nullptr) *state = new State;
    (*state)->Step(arguments);
  });
}

template <typename State>
void Final(sqlite3_context* context) noexcept {
  GuardFunction(context, [&] {
    auto** slot = static_cast<State**>(sqlite3_aggregate_context(context, 0));
    const std::unique_ptr<State> state(slot == nullptr ? nullptr : *slot);
    if (state != nullptr) state->Finish(context);
  });
}

template <typename State, int kArguments>
constexpr AggregateSpec Spec(const char* name, int flags) {
  return {name, kArguments, flags, Step<State, kArguments>, Final<State>};
}

}  // namespace

void RegisterAggregates(sqlite3* db) {
  constexpr int kPure = SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  const AggregateSpec aggregates[] = {
      Spec<SpearmanState, 2>("spearman", kPure),
      Spec<PearsonState, 2>("pearson", kPure),
      Spec<AlignmentState, 2>("alignment", kPure),
      Spec<UniformityState, 1>("uniformity", kPure),
      Spec<AnisotropyState, 1>("anisotropy", kPure),
      Spec<RetrievalState, 2>("retrieval_accuracy", kPure),
      Spec<AverageState, 1>("vec_avg", kPure | kResultSubtype),
  };
  for (const AggregateSpec& aggregate : aggregates) RegisterAggregate(db, aggregate);
}

}  // namespace semblance::sql
