// vec_f32, vec_to_json, vec_length, vec_normalize, vec_add, vec_sub and vec_distance_*: pure
// functions of their arguments. NULL in any argument gives NULL.
//
// The names are sqlite-vec's and mean the same: vectors are f32 BLOBs or JSON text, L2 is the root
// and not the square, the cosine distance is 1 - cos. vec_distance_ip is the negative inner
// product, so that smaller is nearer in all three.

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "index/metric.h"
#include "sql_ext/guard.h"
#include "sql_ext/register.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

bool IsNull(sqlite3_value* value) { return sqlite3_value_type(value) == SQLITE_NULL; }

bool IsZero(std::span<const float> vector) {
  for (float element : vector) {
    if (element != 0) return false;
  }
  return true;
}

void VecF32(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    if (IsNull(arguments[0])) return;
    ResultVector(context, VectorFromValue(arguments[0], "vec_f32()"), "vec_f32()");
  });
}

void VecToJson(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    if (IsNull(arguments[0])) return;
    const std::string json = ToJson(VectorFromValue(arguments[0], "vec_to_json()"));
    ResultText(context, json);
    sqlite3_result_subtype(context, kJsonSubtype);
  });
}

void VecLength(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    if (IsNull(arguments[0])) return;
    const size_t dimension = VectorFromValue(arguments[0], "vec_length()").size();
    sqlite3_result_int64(context, static_cast<sqlite3_int64>(dimension));
  });
}

void VecNormalize(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    if (IsNull(arguments[0])) return;
    std::vector<float> vector = VectorFromValue(arguments[0], "vec_normalize()");
    if (!index::Normalize(vector.data(), vector.size())) {
      ThrowInvalid(ErrorKind::kVector,
                   "vec_normalize(): expected a vector with a direction, received " +
                       std::to_string(vector.size()) + " zeros");
    }
    ResultVector(context, vector, "vec_normalize()");
  });
}

// a + sign * b
void Combine(sqlite3_context* context, sqlite3_value** arguments, float sign,
             const char* what) noexcept {
  GuardFunction(context, [&] {
    if (IsNull(arguments[0]) || IsNull(arguments[1])) return;
    const auto a = VectorFromArgument(context, arguments, 0, what);
    const auto b = VectorFromArgument(context, arguments, 1, what);
    CheckSameDimension(*a, *b, what);
    std::vector<float> result(a->size());
    for (size_t i = 0; i < result.size(); ++i) result[i] = (*a)[i] + sign * (*b)[i];
    ResultVector(context, result, what);
  });
}

void VecAdd(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  Combine(context, arguments, 1, "vec_add()");
}

void VecSub(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  Combine(context, arguments, -1, "vec_sub()");
}

void Distance(sqlite3_context* context, sqlite3_value** arguments, index::Metric metric,
              const char* what) noexcept {
  GuardFunction(context, [&] {
    if (IsNull(arguments[0]) || IsNull(arguments[1])) return;
    const auto a = VectorFromArgument(context, arguments, 0, what);
    const auto b = VectorFromArgument(context, arguments, 1, what);
    CheckSameDimension(*a, *b, what);
    if (metric == index::Metric::kCosine && (IsZero(*a) || IsZero(*b))) {
      ThrowInvalid(ErrorKind::kVector, std::string(what) +
                                           ": expected vectors with a direction, received " +
                                           std::to_string(a->size()) + " zeros");
    }
    sqlite3_result_double(context, index::Distance(metric, a->data(), b->data(), a->size()));
  });
}

void VecDistanceCosine(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  Distance(context, arguments, index::Metric::kCosine, "vec_distance_cosine()");
}

void VecDistanceL2(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  Distance(context, arguments, index::Metric::kL2, "vec_distance_l2()");
}

void VecDistanceIp(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  Distance(context, arguments, index::Metric::kInnerProduct, "vec_distance_ip()");
}

}  // namespace

void RegisterVectorFunctions(sqlite3* db) {
  constexpr int kPure = SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  const FunctionSpec functions[] = {
      {"vec_f32", 1, kPure | kResultSubtype, VecF32},
      {"vec_to_json", 1, kPure | kResultSubtype, VecToJson},
      {"vec_length", 1, kPure, VecLength},
      {"vec_normalize", 1, kPure | kResultSubtype, VecNormalize},
      {"vec_add", 2, kPure | kResultSubtype, VecAdd},
      {"vec_sub", 2, kPure | kResultSubtype, VecSub},
      {"vec_distance_cosine", 2, kPure, VecDistanceCosine},
      {"vec_distance_l2", 2, kPure, VecDistanceL2},
      {"vec_distance_ip", 2, kPure, VecDistanceIp},
  };
  for (const FunctionSpec& function : functions) RegisterFunction(db, function);
}

}  // namespace semblance::sql
