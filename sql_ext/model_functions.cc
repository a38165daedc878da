// embed(text [, model [, dims]]) and similarity(a, b [, model [, dims]]). NULL in any argument
// gives NULL. With dims, a text's vector is the first so many numbers of the whole one, at unit
// length.
//
// Not SQLITE_DETERMINISTIC: what a name means changes when a model of that name is trained. Within
// one statement an argument that is constant is embedded once and its vector kept with the
// statement.
//
// The models are those of the main database; without a store beside it, the built-in default alone.

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "index/metric.h"
#include "sql_ext/guard.h"
#include "sql_ext/register.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

constexpr char kDefaultModel[] = "default";

// Kept with the statement, for one argument.
using Vector = std::shared_ptr<const std::vector<float>>;
struct Embedded {
  std::string model;
  size_t dims;
  Vector vector;
};
void FreeEmbedded(void* embedded) { delete static_cast<Embedded*>(embedded); }

std::string ModelName(int count, sqlite3_value** arguments, int position, const char* what) {
  if (count <= position) return kDefaultModel;
  if (sqlite3_value_type(arguments[position]) != SQLITE_TEXT) {
    ThrowInvalid(std::string(what) + ": expected the name of a model, received " +
                 Describe(arguments[position]));
  }
  return std::string(TextOf(arguments[position]));
}

// 0: not given.
size_t DimsOf(int count, sqlite3_value** arguments, int position, const char* what) {
  if (count <= position) return 0;
  const auto dims = WholeNumber(arguments[position]);
  if (!dims || *dims < 1) {
    ThrowInvalid(std::string(what) + ": expected the number of dimensions, received " +
                 Describe(arguments[position]));
  }
  return static_cast<size_t>(*dims);
}

Vector EmbedArgument(sqlite3_context* context, sqlite3_value** arguments, int i,
                     const std::string& model, size_t dims) {
  const auto* kept = static_cast<const Embedded*>(sqlite3_get_auxdata(context, i));
  if (kept != nullptr && kept->model == model && kept->dims == dims) return kept->vector;
  Connection& connection = *ConnectionOf(sqlite3_user_data(context));
  const std::string id = connection.Models()->Find(model).id;
  const std::vector<float>& whole =
      connection.Embed(id, connection.EncoderOf(id), TextOf(arguments[i]));
  if (dims > whole.size()) {
    ThrowInvalid(ErrorKind::kDimension, "expected 1 to " + std::to_string(whole.size()) +
                                            " dimensions, which are all of "
                                            "model '" +
                                            model + "', received " + std::to_string(dims));
  }
  const auto vector = std::make_shared<const std::vector<float>>(
      dims == 0 ? whole : encoder::UnitPrefix(whole, dims));
  // For an argument that is not constant SQLite frees it at once; `vector` stays.
  sqlite3_set_auxdata(context, i, new Embedded{model, dims, vector}, FreeEmbedded);
  return vector;
}

bool AnyNull(int count, sqlite3_value** arguments) {
  return std::any_of(arguments, arguments + count,
                     [](sqlite3_value* value) { return sqlite3_value_type(value) == SQLITE_NULL; });
}

void Embed(sqlite3_context* context, int count, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    if (AnyNull(count, arguments)) return;
    if (sqlite3_value_type(arguments[0]) == SQLITE_BLOB) {
      ThrowInvalid("embed(): expected TEXT, received " + Describe(arguments[0]));
    }
    const std::string model = ModelName(count, arguments, 1, "embed()");
    const size_t dims = DimsOf(count, arguments, 2, "embed()");
    ResultVector(context, *EmbedArgument(context, arguments, 0, model, dims), "embed()");
  });
}

// Each side is text, which is embedded, or a vector BLOB.
void Similarity(sqlite3_context* context, int count, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    if (AnyNull(count, arguments)) return;
    const std::string model = ModelName(count, arguments, 2, "similarity()");
    const size_t dims = DimsOf(count, arguments, 3, "similarity()");
    Vector sides[2];
    for (int i = 0; i < 2; ++i) {
      sides[i] = sqlite3_value_type(arguments[i]) == SQLITE_BLOB
                     ? VectorFromArgument(context, arguments, i, "similarity()")
                     : EmbedArgument(context, arguments, i, model, dims);
    }
    const std::vector<float>& a = *sides[0];
    const std::vector<float>& b = *sides[1];
    CheckSameDimension(a, b, "similarity()");
    for (const auto* side : {&a, &b}) {
      if (std::all_of(side->begin(), side->end(), [](float element) { return element == 0; })) {
        ThrowInvalid(ErrorKind::kVector,
                     "similarity(): expected vectors with a direction, received " +
                         std::to_string(side->size()) + " zeros");
      }
    }
    const double distance = index::Distance(index::Metric::kCosine, a.data(), b.data(), a.size());
    sqlite3_result_double(context, std::clamp(1 - distance, -1.0, 1.0));
  });
}

}  // namespace

void RegisterModelFunctions(sqlite3* db, const ConnectionPtr& connection) {
  const FunctionSpec functions[] = {
      {"embed", 1, kResultSubtype, Embed}, {"embed", 2, kResultSubtype, Embed},
      {"embed", 3, kResultSubtype, Embed}, {"similarity", 2, 0, Similarity},
      {"similarity", 3, 0, Similarity},    {"similarity", 4, 0, Similarity},
  };
  for (const FunctionSpec& function : functions) RegisterFunction(db, function, &connection);
}

}  // namespace semblance::sql
