// Vectors as SQL values: a little-endian f32 BLOB, or TEXT with a JSON array of numbers.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql_ext/sqlite_api.h"

namespace semblance::sql {

// A value that is not NULL as a vector [1 .. index::kMaxDimension], every element finite. `what`
// names it in messages, e.g. "vec_add()" or "column v". Throws engine::Error kInvalid that says
// what was expected and what was received.
std::vector<float> VectorFromValue(sqlite3_value* value, const std::string& what);
// The same of what such a value holds: a TEXT, or the bytes of a BLOB.
std::vector<float> VectorFromText(std::string_view text, const std::string& what);
std::vector<float> VectorFromBytes(std::string_view bytes, const std::string& what);

// The same for argument `i` of a scalar function. A JSON text that is constant in its statement is
// read once and then kept with the statement.
std::shared_ptr<const std::vector<float>> VectorFromArgument(sqlite3_context* context,
                                                             sqlite3_value** arguments, int i,
                                                             const std::string& what);

// Throws kInvalid, naming both, when the dimensions differ.
void CheckSameDimension(std::span<const float> a, std::span<const float> b,
                        const std::string& what);

// The result becomes a BLOB with kVectorSubtype. Throws kInvalid when an element is not finite.
void ResultVector(sqlite3_context* context, std::span<const float> vector, const std::string& what);

// "[1,0.5]", each number the shortest that reads back as the same f32.
std::string ToJson(std::span<const float> vector);

// What a value is, for messages: "NULL", "the INTEGER 7", "the TEXT 'some words' ...", "a BLOB of 5
// bytes".
std::string Describe(sqlite3_value* value);

// An argument that must be TEXT; throws kInvalid: "`what` was expected, received …".
std::string TextArgument(sqlite3_value* value, const std::string& what);

}  // namespace semblance::sql
