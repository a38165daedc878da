#include "sql_ext/table_search.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "index/diversify.h"
#include "sql_ext/guard.h"
#include "sql_ext/search_log.h"
#include "sql_ext/similar_to.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

// The vector of a text, which for vectors of the user's own is JSON.
std::vector<float> VectorOfText(Table* table, const TableState& state, const std::string& text) {
  if (!table->columns.Embeds(state.vector))
    return VectorFromText(text, table->VectorColumnName(state.vector) + " MATCH");
  const auto encoder = table->EncoderFor(state);
  const auto& vector = table->connection->Embed(state.model_id, *encoder, text);
  return vector.size() == state.dimension ? vector : encoder::UnitPrefix(vector, state.dimension);
}

// `value`: std::string or std::vector<float> among others.
template <typename Variant>
std::vector<float> VectorOf(Table* table, const TableState& state, const Variant& value) {
  const auto* const text = std::get_if<std::string>(&value);
  std::vector<float> vector =
      text ? VectorOfText(table, state, *text) : std::get<std::vector<float>>(value);
  CheckVector(*table, state.vector, state.dimension, vector);
  return vector;
}

// What MATCH is given, where it is not NULL and not of hybrid() or similar_to().
Meaning PlainMeaning(const Table& table, const TableState& state, sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  const std::string name = table.VectorColumnName(state.vector);
  if (type == SQLITE_TEXT) return std::string(TextOf(value));
  if (type == SQLITE_BLOB) return VectorFromValue(value, name + " MATCH");
  ThrowInvalid(ErrorKind::kQuery,
               name + " MATCH expects " +
                   (table.columns.Embeds(state.vector) ? "a text or a vector (BLOB)"
                                                       : "a vector (BLOB, or JSON text)") +
                   ", not " + Describe(value));
}

// The rows that meet the conditions beside MATCH; nullptr: all of them.
std::shared_ptr<const engine::RowFilter> FilterFor(Table* table, const TableRequest& request) {
  if (request.where.empty()) return nullptr;
  auto key = table->filters.KeyOf(&table->shadow, table->columns, request);
  if (key) {
    if (auto kept = table->filters.Find(*key)) return kept;
  }
  Statement select(table->db(), "SELECT " + table->columns.ContentRowId() + " FROM " +
                                    table->shadow.ContentName() + request.where);
  request.BindTo(&select);
  std::vector<int64_t> row_ids;
  while (select.Step()) row_ids.push_back(select.Int(0));
  auto filter = std::make_shared<const engine::RowFilter>(std::move(row_ids));
  if (key) table->filters.Keep(*std::move(key), filter);
  return filter;
}

void CheckHybrid(const Table& table, size_t vector, const TableRequest& request) {
  if (table.columns.vectors[vector].fts.empty()) {
    ThrowInvalid(ErrorKind::kQuery,
                 "hybrid() also searches by words, which " + table.VectorColumnName(vector) +
                     " does not keep: make the table with fts=unicode61 after the column");
  }
  if (request.diversity > 0)
    ThrowInvalid(ErrorKind::kQuery,
                 "diversity goes with a search by meaning alone, not with hybrid()");
}

void CheckQuantized(const Table& table, size_t vector) {
  const VectorColumn& column = table.columns.vectors[vector];
  // A column that leaves its index to us may have codes, too.
  if (column.quantization != index::Quantization::kNone || !column.kind) return;
  ThrowInvalid(ErrorKind::kQuery, "oversample is of a column with a quantization, and " +
                                      table.VectorColumnName(vector) + " has none");
}

int64_t HybridCandidates(std::optional<uint32_t> wanted) {
  constexpr int64_t kLeast = 100, kTimes = 4, kUncounted = 1000;
  return wanted ? std::max(kLeast, kTimes * *wanted) : kUncounted;
}

}  // namespace

// false: it finds nothing.
bool TableSearch::ReadMeaning(Table* table, const TableState& state, const Meaning& meaning,
                              Query* query) {
  const auto* const examples = std::get_if<Examples>(&meaning);
  if (examples == nullptr) {
    query->vector = VectorOf(table, state, meaning);
    return true;
  }
  query->view = table->ViewFor(state);
  auto made = QueryOf(*examples, table, state, *query->view,
                      [&](const Example& example) { return VectorOf(table, state, example); });
  if (!made) return false;
  query->vector = std::move(made->vector);
  query->examples = std::move(made->rows);
  return true;
}

std::optional<TableSearch::Query> TableSearch::Read(Table* table, const TableState& state,
                                                    sqlite3_value* match) {
  if (sqlite3_value_type(match) == SQLITE_NULL) return std::nullopt;
  Query query;
  auto made = MadeQueryOf(match);
  Meaning meaning;
  if (!made) {
    meaning = PlainMeaning(*table, state, match);
  } else if (auto* const examples = std::get_if<Examples>(&*made)) {
    meaning = std::move(*examples);
  } else {
    query.hybrid = std::move(std::get<HybridQuery>(*made));
    meaning = std::move(query.hybrid->meaning);
  }
  if (!ReadMeaning(table, state, meaning, &query)) return std::nullopt;
  return query;
}

std::unique_ptr<TableSearch> TableSearch::Begin(Table* table, const TableState& state,
                                                const TableRequest& request,
                                                HasContent has_content) {
  auto query = Read(table, state, request.match);
  if (!query) return nullptr;
  if (query->hybrid) CheckHybrid(*table, state.vector, request);
  if (request.oversample) CheckQuantized(*table, state.vector);
  return std::unique_ptr<TableSearch>(
      new TableSearch(table, state, request, *std::move(query), std::move(has_content)));
}

TableSearch::TableSearch(Table* table, const TableState& state, const TableRequest& request,
                         Query query, HasContent has_content)
    : table_(*table),
      state_(state),
      has_content_(std::move(has_content)),
      examples_(std::move(query.examples)),
      hybrid_(std::move(query.hybrid)),
      diversity_(request.diversity),
      range_(request.distance),
      most_(request.k.value_or(std::numeric_limits<int64_t>::max())),
      view_(query.view ? *std::move(query.view) : table->ViewFor(state)),
      filter_(FilterFor(table, request)) {
  engine::NeighbourStream::Options options;
  options.wanted = request.Wanted();
  if (options.wanted) *options.wanted += static_cast<uint32_t>(examples_.size());
  options.complete = request.MustBeComplete();
  options.ef = static_cast<uint32_t>(request.ef.value_or(table->Vector(state).ef));
  options.oversample = static_cast<uint32_t>(request.oversample.value_or(0));
  options.nprobe = static_cast<uint32_t>(request.nprobe.value_or(table->Vector(state).nprobe));
  options.filter = filter_;
  options.cancel = table->connection->Cancel();
  if (diversity_ > 0) candidates_ = request.Candidates();
  if (hybrid_) {
    candidates_ = HybridCandidates(request.Wanted());
    options.wanted = static_cast<uint32_t>(candidates_) + static_cast<uint32_t>(examples_.size());
    options.complete = false;  // distances are of the fused ranking
  }
  if (SearchLog* log = table->connection->search_log)
    options.report = log->Note(*table, state.vector, view_, query.vector, options);
  stream_.emplace(view_, std::move(query.vector), std::move(options));
  ++table_.searches;
}

TableSearch::~TableSearch() { --table_.searches; }

std::optional<RankedRow> TableSearch::Next() {
  if (given_ >= most_) return std::nullopt;
  std::optional<RankedRow> row;
  if (diversity_ == 0 && !hybrid_) {
    row = Nearest();
  } else {
    if (!chosen_) chosen_ = hybrid_ ? Fused() : Diverse();
    if (given_ < static_cast<int64_t>(chosen_->size()))
      row = (*chosen_)[static_cast<size_t>(given_)];
  }
  if (row) ++given_;
  return row;
}

std::optional<RankedRow> TableSearch::Nearest() {
  while (const auto found = stream_->Next()) {
    if (range_.Beyond(found->distance)) return std::nullopt;
    if (!range_.Contains(found->distance)) continue;
    if (!Counts(found->row_id)) continue;
    return RankedRow{found->row_id, found->distance, {}, {}};
  }
  return std::nullopt;
}

bool TableSearch::Counts(int64_t row_id) const {
  return !std::binary_search(examples_.begin(), examples_.end(), row_id) &&
         (!has_content_ || has_content_(row_id));
}

std::vector<RankedRow> TableSearch::Fused() {
  std::vector<int64_t> by_meaning;
  while (static_cast<int64_t>(by_meaning.size()) < candidates_) {
    const auto found = stream_->Next();
    if (!found) break;
    if (Counts(found->row_id)) by_meaning.push_back(found->row_id);
  }
  const auto by_words = RowsWithWords(
      &table_.shadow, state_.vector, hybrid_->words,
      [&](int64_t id) { return (filter_ == nullptr || filter_->Contains(id)) && Counts(id); },
      static_cast<size_t>(candidates_));
  std::vector<RankedRow> fused = Fuse(by_words, by_meaning, hybrid_->weight);
  std::erase_if(fused, [&](const RankedRow& row) { return !range_.Contains(row.distance); });
  return fused;
}

std::vector<RankedRow> TableSearch::Diverse() {
  const uint32_t dimension = state_.dimension;
  std::vector<RankedRow> found;
  std::vector<float> distances;
  std::vector<int64_t> row_ids;
  std::unordered_map<int64_t, size_t> number;  // among `found`
  while (static_cast<int64_t>(found.size()) < candidates_) {
    const auto row = Nearest();
    if (!row) break;
    number[row->row_id] = found.size();
    row_ids.push_back(row->row_id);
    distances.push_back(static_cast<float>(row->distance));
    found.push_back(*row);
  }
  std::vector<float> vectors(found.size() * dimension);
  for (const engine::RowPlace& place : view_.FindAll(row_ids)) {
    float* const vector = vectors.data() + number[place.row_id] * dimension;
    view_.CopyVector(place, {vector, dimension});
  }
  const index::Candidates candidates{table_.Vector(state_).metric, dimension, vectors, distances};
  std::vector<RankedRow> diverse;
  for (const uint32_t i : index::Diversify(candidates, static_cast<uint32_t>(most_), diversity_,
                                           table_.connection->Cancel())) {
    diverse.push_back(found[i]);
  }
  return diverse;
}

double TableSearch::ScoreOf(const RankedRow& row) const {
  return hybrid_ ? 1 - row.distance : index::Score(table_.Vector(state_).metric, row.distance);
}

}  // namespace semblance::sql
