#include "sql_ext/made_query.h"

#include <cstring>
#include <string_view>

#include "sql_ext/guard.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

constexpr std::string_view kMagic("semblq\0\1", 8);
constexpr size_t kAlign = sizeof(float), kRest = 1;  // of the length of a BLOB

template <typename Number>
void PutNumber(std::string* bytes, Number number) {
  char raw[sizeof(number)];
  std::memcpy(raw, &number, sizeof(number));
  bytes->append(raw, sizeof(number));
}

void PutPart(std::string* bytes, char kind, const void* part, size_t size) {
  if (size > UINT32_MAX) throw SqliteError(SQLITE_TOOBIG, "an example is longer than can be");
  *bytes += kind;
  PutNumber(bytes, static_cast<uint32_t>(size));
  bytes->append(static_cast<const char*>(part), size);
}

std::string Write(const MadeQuery& query);

struct PartWriter {
  std::string* bytes;
  void operator()(int64_t row_id) const { PutPart(bytes, 'r', &row_id, sizeof(row_id)); }
  void operator()(const std::string& text) const { PutPart(bytes, 't', text.data(), text.size()); }
  void operator()(const std::vector<float>& vector) const {
    PutPart(bytes, 'v', vector.data(), vector.size() * sizeof(float));
  }
  void operator()(const Examples& examples) const {
    const std::string query = Write(examples);
    PutPart(bytes, 's', query.data(), query.size());
  }
};

struct QueryWriter {
  std::string* bytes;
  void operator()(const Examples& examples) const {
    *bytes += examples.likes.empty() ? 'u' : 's';
    for (const auto* list : {&examples.likes, &examples.unlikes}) {
      PutNumber(bytes, static_cast<uint32_t>(list->size()));
      for (const Example& example : *list) std::visit(PartWriter{bytes}, example);
    }
  }
  void operator()(const HybridQuery& query) const {
    *bytes += 'h';
    PutNumber(bytes, query.weight);
    PartWriter{bytes}(query.words);
    std::visit(PartWriter{bytes}, query.meaning);
  }
};

std::string Write(const MadeQuery& query) {
  std::string bytes(kMagic);
  std::visit(QueryWriter{&bytes}, query);
  while (bytes.size() % kAlign != kRest) bytes += '\0';
  return bytes;
}

bool IsMade(std::string_view bytes) {
  return bytes.size() % kAlign == kRest && bytes.starts_with(kMagic);
}

// Takes what Write put from the front of the bytes; they may be anybody's.
class QueryReader {
 public:
  explicit QueryReader(std::string_view bytes) : bytes_(bytes) {}

  MadeQuery Query() {
    Take(kMagic.size());
    const char kind = Number<char>();
    MadeQuery query = kind == 'h' ? MadeQuery(Hybrid()) : MadeQuery(OfExamples(kind));
    if (bytes_.size() >= kAlign) Refuse();
    return query;
  }

 private:
  [[noreturn]] static void Refuse() {
    ThrowInvalid(ErrorKind::kQuery,
                 "a BLOB that similar_to(), unlike() or hybrid() gave is not as it was given");
  }

  std::string_view Take(size_t size) {
    if (size > bytes_.size()) Refuse();
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  template <typename Type>
  Type Number() {
    Type number;
    std::memcpy(&number, Take(sizeof(number)).data(), sizeof(number));
    return number;
  }
  std::string_view Part(char* kind) {
    *kind = Number<char>();
    return Take(Number<uint32_t>());
  }

  Example OneExample() {
    char kind;
    const std::string_view part = Part(&kind);
    if (kind == 't') return std::string(part);
    if (kind == 'v') return VectorFromBytes(part, "similar_to()");
    int64_t row_id;
    if (kind != 'r' || part.size() != sizeof(row_id)) Refuse();
    std::memcpy(&row_id, part.data(), sizeof(row_id));
    return row_id;
  }

  Examples OfExamples(char kind) {
    Examples examples;
    for (auto* list : {&examples.likes, &examples.unlikes}) {
      for (uint32_t left = Number<uint32_t>(); left > 0; --left) list->push_back(OneExample());
    }
    if (kind != (examples.likes.empty() ? 'u' : 's')) Refuse();
    if (examples.likes.empty() && examples.unlikes.empty()) Refuse();
    return examples;
  }

  HybridQuery Hybrid() {
    HybridQuery query;
    query.weight = Number<double>();
    if (!(query.weight >= 0 && query.weight <= 1)) Refuse();
    char kind;
    query.words = Part(&kind);
    if (kind != 't') Refuse();
    const std::string_view meaning = Part(&kind);
    if (kind == 't') {
      query.meaning = std::string(meaning);
    } else if (kind == 'v') {
      query.meaning = VectorFromBytes(meaning, "hybrid()");
    } else {
      if (kind != 's' || !IsMade(meaning) || meaning[kMagic.size()] != 's') Refuse();
      query.meaning = std::get<Examples>(QueryReader(meaning).Query());
    }
    return query;
  }

  std::string_view bytes_;
};

}  // namespace

void ResultQuery(sqlite3_context* context, const MadeQuery& query) {
  const std::string bytes = Write(query);
  sqlite3_result_blob64(context, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
}

std::optional<MadeQuery> MadeQueryOf(sqlite3_value* value) {
  if (sqlite3_value_type(value) != SQLITE_BLOB) return std::nullopt;
  const std::string_view bytes = BytesOf(value);
  if (!IsMade(bytes)) return std::nullopt;
  return QueryReader(bytes).Query();
}

}  // namespace semblance::sql
