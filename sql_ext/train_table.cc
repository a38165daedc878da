// semblance_train(query, options): a SELECT from it trains, and each of its rows is a report.
//
//   SELECT * FROM semblance_train('SELECT body FROM notes',
//   '{"name":"notes-v1","base":"default"}');
//
// The work is done in xNext, so a statement that is not stepped does not train; sqlite3_interrupt()
// stops it between two steps. Direct use only: a view or a trigger in a database somebody sends
// must not train.
//
// While the statement runs, SQLite holds the main database's read lock: with a rollback journal
// other connections cannot commit to it meanwhile; in WAL mode they can.

#include <cstdint>
#include <memory>
#include <string>

#include "sql_ext/function_table.h"
#include "sql_ext/guard.h"
#include "sql_ext/train_session.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

enum ColumnNumber {  // as declared
  kPhase,
  kStep,
  kTotalSteps,
  kEpoch,
  kLoss,
  kLearningRate,
  kAlignment,
  kUniformity,
  kAnisotropy,
  kDevSpearman,
  kSentencesPerSecond,
  kEtaSeconds,
  kRetrieval,
  kByTags,
  kModel,
  kQuery,
};

std::string TextArgument(sqlite3_value* value, const char* what) {
  if (sqlite3_value_type(value) != SQLITE_TEXT) {
    ThrowInvalid("semblance_train() expects " + std::string(what) + " as TEXT, and received " +
                 Describe(value));
  }
  return std::string(TextOf(value));
}

class Reports : public FunctionRows {
 public:
  Reports(const ConnectionPtr& connection, const std::string& query, const std::string& options)
      : session_(connection, query, options) {}

  bool Next() override { return session_.Next(); }
  void Column(sqlite3_context* context, int column) const override;

 private:
  TrainSession session_;
};

// A NaN, which stands for "not measured", becomes NULL in sqlite3_result_double.
void Reports::Column(sqlite3_context* context, int column) const {
  const training::Report& report = session_.report();
  switch (column) {
    case kPhase:
      return ResultText(context, report.phase);
    case kStep:
      return sqlite3_result_int64(context, report.step);
    case kTotalSteps:
      return sqlite3_result_int64(context, report.total_steps);
    case kEpoch:
      return sqlite3_result_double(context, report.epoch);
    case kLoss:
      return sqlite3_result_double(context, report.loss);
    case kLearningRate:
      return sqlite3_result_double(context, report.learning_rate);
    case kAlignment:
      return sqlite3_result_double(context, report.alignment);
    case kUniformity:
      return sqlite3_result_double(context, report.uniformity);
    case kAnisotropy:
      return sqlite3_result_double(context, report.anisotropy);
    case kDevSpearman:
      return sqlite3_result_double(context, report.dev_spearman);
    case kSentencesPerSecond:
      return sqlite3_result_double(context, report.sentences_per_second);
    case kEtaSeconds:
      return sqlite3_result_double(context, report.eta_seconds);
    case kRetrieval:
      return sqlite3_result_double(context, report.retrieval);
    case kByTags:
      if (!report.by_tags.empty()) ResultText(context, report.by_tags);
      return;
    case kModel:
      if (session_.published()) ResultText(context, session_.name());
      return;
  }
}

std::unique_ptr<FunctionRows> OpenReports(const ConnectionPtr& connection,
                                          const FunctionArguments& arguments) {
  const std::string query = TextArgument(arguments.value(0), "the training query");
  const std::string options = TextArgument(arguments.value(1), "its options");
  return std::make_unique<Reports>(connection, query, options);
}

constexpr FunctionTable kTrain = {
    "semblance_train",
    "CREATE TABLE x(phase TEXT, step INTEGER, total_steps INTEGER, epoch REAL, loss REAL,"
    " learning_rate REAL, alignment REAL, uniformity REAL, anisotropy REAL, dev_spearman REAL,"
    " sentences_per_second REAL, eta_seconds REAL, retrieval REAL, by_tags TEXT, model TEXT, query "
    "HIDDEN, options HIDDEN)",
    kQuery,
    2,
    2,
    "a query and options: SELECT * FROM semblance_train("
    "'SELECT body FROM notes', '{\"name\":\"notes-v1\",\"base\":\"default\"}')",
    FunctionTable::Use::kStatements,
    FunctionTable::Nulls::kHandedOn,
    OpenReports};

}  // namespace

void RegisterTrainTable(sqlite3* db, const ConnectionPtr& connection) {
  RegisterFunctionTable(db, &kTrain, connection);
}

}  // namespace semblance::sql
