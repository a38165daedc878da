// What similar_to(), unlike() and hybrid() give: a query for MATCH, as a BLOB that says what it is.
// It goes wherever a value can, and two of the same arguments are equal.
//
//   8 bytes    "semblq" 0x00 0x01
//   1 byte     's' similar_to, 'u' unlike, 'h' hybrid
//   's', 'u'   u32 count of likes, their parts, u32 count of unlikes, their parts
//   'h'        f64 weight, a part of kind 't' with the words, a part with the meaning
//   0 to 3     zeros, until the length is 1 more than a multiple of 4, which no vector's is
//
//   a part:    1 byte kind, u32 length in bytes, its bytes; numbers are little-endian
//     'r' i64 rowid    't' text    'v' f32 vector    's' what similar_to() gave
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sql_ext/sqlite_api.h"

namespace semblance::sql {

// A rowid of the table that is searched, a text, or a vector.
using Example = std::variant<int64_t, std::string, std::vector<float>>;

struct Examples {
  std::vector<Example> likes;  // at least one; none: what unlike() gave
  std::vector<Example> unlikes;
};

// What a row shall be near to: a text, a vector, or examples.
using Meaning = std::variant<std::string, std::vector<float>, Examples>;

struct HybridQuery {
  std::string words;
  Meaning meaning;
  double weight = 0.5;  // of the meaning, 0 to 1
};

using MadeQuery = std::variant<Examples, HybridQuery>;

// The result becomes its BLOB.
void ResultQuery(sqlite3_context* context, const MadeQuery& query);

// nullopt: the value is none, but a vector, a text or anything else. Throws kQuery for one whose
// bytes were changed.
std::optional<MadeQuery> MadeQueryOf(sqlite3_value* value);

}  // namespace semblance::sql
