#include "sql_ext/vector_value.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "index/segment.h"
#include "sql_ext/guard.h"
#include "sql_ext/values.h"

namespace semblance::sql {
namespace {

static_assert(std::endian::native == std::endian::little, "f32 BLOBs are read as they lie");

constexpr size_t kMaxDimension = index::kMaxDimension;
constexpr size_t kShownBytes = 40;  // of a user's text, in a message

// The beginning of a text, cut between characters.
std::string Excerpt(std::string_view text) {
  if (text.size() <= kShownBytes) return std::string(text);
  size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

// Reads "[number, ...]" without building a document: a hostile text costs no more than its vector
// would. Any event that is not part of that shape stops the parser and leaves `problem`.
class NumberArray : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<float> numbers;
  std::string problem;

  bool null() override { return Refuse("null"); }
  bool boolean(bool value) override { return Refuse(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return Add(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return Add(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return Add(value); }
  bool string(string_t& value) override { return Refuse("the string \"" + Excerpt(value) + "\""); }
  bool binary(binary_t&) override { return Refuse("binary data"); }
  bool start_object(size_t) override { return Refuse("an object"); }
  bool key(string_t&) override { return false; }
  bool end_object() override { return false; }
  bool start_array(size_t) override {
    if (inside_) return Refuse("an array");
    inside_ = true;
    return true;
  }
  bool end_array() override { return true; }
  bool parse_error(size_t position, const std::string& token,
                   const nlohmann::json::exception&) override {
    problem = token.empty() ? "it ends at byte " + std::to_string(position)
                            : "it is not JSON at byte " + std::to_string(position) + ", near '" +
                                  Excerpt(token) + "'";
    return false;
  }

 private:
  bool Refuse(const std::string& what) {
    problem = inside_ ? "element " + std::to_string(numbers.size()) + " is " + what
                      : "it is " + what + " and not an array";
    return false;
  }
  bool Add(double value) {
    if (!inside_) return Refuse("a number");
    if (std::fabs(value) > std::numeric_limits<float>::max()) {
      return Refuse("too large for a 32-bit float");
    }
    if (numbers.size() == kMaxDimension) {
      problem = "it has more than " + std::to_string(kMaxDimension) + " numbers";
      return false;
    }
    numbers.push_back(static_cast<float>(value));
    return true;
  }

  bool inside_ = false;
};

// The position of the first element that is infinite or NaN; the size when there is none.
size_t FindNotFinite(std::span<const float> vector) {
  constexpr uint32_t kExponent = 0x7f800000u;
  bool all = true;
  for (float element : vector) all &= (std::bit_cast<uint32_t>(element) & kExponent) != kExponent;
  if (all) return vector.size();
  size_t i = 0;
  while (std::isfinite(vector[i])) ++i;
  return i;
}

using Kept = std::shared_ptr<const std::vector<float>>;

void FreeKept(void* kept) { delete static_cast<Kept*>(kept); }

}  // namespace

std::vector<float> VectorFromText(std::string_view text, const std::string& what) {
  NumberArray reader;
  const bool whole = nlohmann::json::sax_parse(text, &reader);
  if (whole && reader.numbers.empty()) reader.problem = "the array is empty";
  if (!reader.problem.empty() || !whole) {
    ThrowInvalid(ErrorKind::kVector, what + ": expected a vector, as a JSON array of 1 to " +
                                         std::to_string(kMaxDimension) +
                                         " numbers or an f32 BLOB, received the TEXT '" +
                                         Excerpt(text) + "': " + reader.problem);
  }
  return std::move(reader.numbers);
}

std::vector<float> VectorFromBytes(std::string_view bytes, const std::string& what) {
  const size_t size = bytes.size();
  if (size == 0 || size % sizeof(float) != 0 || size / sizeof(float) > kMaxDimension) {
    ThrowInvalid(ErrorKind::kVector, what + ": expected a vector, as a BLOB of 1 to " +
                                         std::to_string(kMaxDimension) +
                                         " little-endian 32-bit floats, received a BLOB of " +
                                         std::to_string(size) + " bytes");
  }
  std::vector<float> vector(size / sizeof(float));
  std::memcpy(vector.data(), bytes.data(), size);
  const size_t bad = FindNotFinite(vector);
  if (bad != vector.size()) {
    ThrowInvalid(ErrorKind::kVector,
                 what + ": expected finite numbers, received a vector whose element " +
                     std::to_string(bad) + " is " + (std::isnan(vector[bad]) ? "NaN" : "infinite"));
  }
  return vector;
}

std::vector<float> VectorFromValue(sqlite3_value* value, const std::string& what) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_BLOB:
      return VectorFromBytes(BytesOf(value), what);
    case SQLITE_TEXT:
      return VectorFromText(TextOf(value), what);
    default:
      ThrowInvalid(ErrorKind::kVector,
                   what +
                       ": expected a vector, as an f32 BLOB or a JSON array of numbers, received " +
                       Describe(value));
  }
}

std::shared_ptr<const std::vector<float>> VectorFromArgument(sqlite3_context* context,
                                                             sqlite3_value** arguments, int i,
                                                             const std::string& what) {
  // Reading a BLOB is a copy; only text is worth keeping.
  if (sqlite3_value_type(arguments[i]) != SQLITE_TEXT) {
    return std::make_shared<const std::vector<float>>(VectorFromValue(arguments[i], what));
  }
  if (const auto* kept = static_cast<const Kept*>(sqlite3_get_auxdata(context, i))) return *kept;
  Kept vector = std::make_shared<const std::vector<float>>(VectorFromValue(arguments[i], what));
  // For an argument that is not constant SQLite frees it at once, which is why `vector` holds on to
  // it.
  sqlite3_set_auxdata(context, i, new Kept(vector), FreeKept);
  return vector;
}

void CheckSameDimension(std::span<const float> a, std::span<const float> b,
                        const std::string& what) {
  if (a.size() == b.size()) return;
  ThrowInvalid(ErrorKind::kDimension, what + ": expected two vectors of one dimension, received " +
                                          std::to_string(a.size()) + " and " +
                                          std::to_string(b.size()) + " dimensions");
}

void ResultVector(sqlite3_context* context, std::span<const float> vector,
                  const std::string& what) {
  const size_t bad = FindNotFinite(vector);
  if (bad != vector.size()) {
    ThrowInvalid(ErrorKind::kVector, what + ": element " + std::to_string(bad) +
                                         " of the result is too large for a 32-bit float");
  }
  sqlite3_result_blob64(context, vector.data(), vector.size_bytes(), SQLITE_TRANSIENT);
  sqlite3_result_subtype(context, kVectorSubtype);
}

std::string ToJson(std::span<const float> vector) {
  std::string json = "[";
  char digits[32];
  for (float element : vector) {
    if (json.size() > 1) json += ',';
    json.append(digits, std::to_chars(digits, digits + sizeof(digits), element).ptr);
  }
  return json + "]";
}

std::string Describe(sqlite3_value* value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_NULL:
      return "NULL";
    case SQLITE_INTEGER:
      return "the INTEGER " + std::string(TextOf(value));
    case SQLITE_FLOAT:
      return "the REAL " + std::string(TextOf(value));
    case SQLITE_TEXT:
      return "the TEXT '" + Excerpt(TextOf(value)) + "'";
    default:
      return "a BLOB of " + std::to_string(sqlite3_value_bytes(value)) + " bytes";
  }
}

std::string TextArgument(sqlite3_value* value, const std::string& what) {
  if (sqlite3_value_type(value) != SQLITE_TEXT) {
    ThrowInvalid(what + " was expected, received " + Describe(value));
  }
  return std::string(TextOf(value));
}

}  // namespace semblance::sql
