// semblance_export_corpus(query, options, file): a training as a file, for a machine that trains
// and has no database (engine/training/corpus_file.h). Gives the number of rows. It reads a query
// and writes a file, so it is SQLITE_DIRECTONLY.

#include <string>

#include "engine/trainer_loader.h"
#include "sql_ext/guard.h"
#include "sql_ext/register.h"
#include "sql_ext/train_session.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

const std::string kSignature = "semblance_export_corpus(query, options, file): ";

void ExportCorpus(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    const ConnectionPtr& connection = ConnectionOf(sqlite3_user_data(context));
    const std::string query = TextArgument(arguments[0], kSignature + "the training query");
    const std::string options = TextArgument(arguments[1], kSignature + "its options");
    const std::string file = TextArgument(arguments[2], kSignature + "the path of a file");
    const TrainArguments parsed = ParseTrainArguments(options, TrainArguments::Name::kOptional);
    QueryRows rows(connection->db(), query, parsed.tags);
    const auto loaded = LoadInputs(connection.get(), parsed);
    loaded->inputs.rows = &rows;
    const uint64_t count = [&] {
      try {
        return engine::ExportCorpus(loaded->inputs, file, connection->Cancel());
      } catch (...) {
        rows.RethrowFailure();
        throw;
      }
    }();
    sqlite3_result_int64(context, static_cast<sqlite3_int64>(count));
  });
}

}  // namespace

void RegisterCorpusFunction(sqlite3* db, const ConnectionPtr& connection) {
  RegisterFunction(db, {"semblance_export_corpus", 3, SQLITE_DIRECTONLY, ExportCorpus},
                   &connection);
}

}  // namespace semblance::sql
