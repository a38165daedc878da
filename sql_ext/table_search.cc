#include "sql_ext/table_search.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "index/diversify.h"
#include "sql_ext/guard.h"
#include "sql_ext/search_log.h"
#include "sql_ext/similar_to.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

std::optional<std::vector<float>> QueryVector(Table* table, const TableState& state,
                                              sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  if (type == SQLITE_NULL) return std::nullopt;
  const bool embeds = table->columns.Embeds(state.vector);
  const std::string name = table->VectorColumnName(state.vector);
  if (embeds && type == SQLITE_TEXT) {
    const auto encoder = table->EncoderFor(state);
    const auto& vector = table->connection->Embed(state.model_id, *encoder, TextOf(value));
    return vector.size() == state.dimension ? vector : encoder::UnitPrefix(vector, state.dimension);
  }
  if (type != SQLITE_BLOB && type != SQLITE_TEXT) {
    ThrowInvalid(ErrorKind::kQuery,
                 name + " MATCH expects " +
                     (embeds ? "a text or a vector (BLOB)" : "a vector (BLOB, or JSON text)") +
                     ", not " + Describe(value));
  }
  std::vector<float> vector = VectorFromValue(value, name + " MATCH");
  CheckVector(*table, state.vector, state.dimension, vector);
  return vector;
}

// The rows that meet the conditions beside MATCH; nullptr: all of them.
std::shared_ptr<const engine::RowFilter> FilterFor(Table* table, const TableRequest& request) {
  if (request.where.empty()) return nullptr;
  Statement select(table->db(), "SELECT " + table->columns.ContentRowId() + " FROM " +
                                    table->shadow.ContentName() + request.where);
  request.BindTo(&select);
  std::vector<int64_t> row_ids;
  while (select.Step()) row_ids.push_back(select.Int(0));
  return std::make_shared<engine::RowFilter>(std::move(row_ids));
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

int64_t HybridCandidates(std::optional<uint32_t> wanted) {
  constexpr int64_t kLeast = 100, kTimes = 4, kUncounted = 1000;
  return wanted ? std::max(kLeast, kTimes * *wanted) : kUncounted;
}

}  // namespace

std::optional<TableSearch::Query> TableSearch::Read(Table* table, const TableState& state,
                                                    sqlite3_value* match) {
  Query query;
  if (const Examples* examples = ExamplesOf(match)) {
    query.view = table->ViewFor(state);
    auto made = QueryOf(*examples, table, state, *query.view,
                        [&](sqlite3_value* value) { return QueryVector(table, state, value); });
    if (!made) return std::nullopt;
    query.vector = std::move(made->vector);
    query.examples = std::move(made->rows);
    return query;
  }
  RefuseUnlike(match);
  if (const HybridQuery* hybrid = HybridOf(match)) query.hybrid = *hybrid;
  auto vector = QueryVector(table, state, query.hybrid ? query.hybrid->meaning.get() : match);
  if (!vector) return std::nullopt;
  query.vector = *std::move(vector);
  return query;
}

std::unique_ptr<TableSearch> TableSearch::Begin(Table* table, const TableState& state,
                                                const TableRequest& request,
                                                HasContent has_content) {
  auto query = Read(table, state, request.match);
  if (!query) return nullptr;
  if (query->hybrid) CheckHybrid(*table, state.vector, request);
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
  options.filter = filter_;
  options.cancel = [connection = table->connection.get()] { return connection->Interrupted(); };
  if (diversity_ > 0) candidates_ = request.Candidates();
  if (hybrid_) {
    candidates_ = HybridCandidates(request.Wanted());
    options.wanted = static_cast<uint32_t>(candidates_);
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
    if (std::binary_search(examples_.begin(), examples_.end(), found->row_id)) continue;
    if (has_content_ && !has_content_(found->row_id)) continue;
    return RankedRow{found->row_id, found->distance, {}, {}};
  }
  return std::nullopt;
}

std::vector<RankedRow> TableSearch::Fused() {
  std::vector<int64_t> by_meaning;
  while (static_cast<int64_t>(by_meaning.size()) < candidates_) {
    const auto found = stream_->Next();
    if (!found) break;
    by_meaning.push_back(found->row_id);
  }
  const auto by_words = RowsWithWords(
      &table_.shadow, state_.vector, hybrid_->words,
      [&](int64_t id) { return filter_ == nullptr || filter_->Contains(id); },
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
                                           [&] { return table_.connection->Interrupted(); })) {
    diverse.push_back(found[i]);
  }
  return diverse;
}

double TableSearch::ScoreOf(const RankedRow& row) const {
  return hybrid_ ? 1 - row.distance : index::Score(table_.Vector(state_).metric, row.distance);
}

}  // namespace semblance::sql
