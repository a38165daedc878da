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

#include "sql_ext/guard.h"
#include "sql_ext/register.h"
#include "sql_ext/train_session.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

constexpr char kDeclaration[] =
    "CREATE TABLE x(phase TEXT, step INTEGER, total_steps INTEGER, epoch REAL, loss REAL,"
    " learning_rate REAL, alignment REAL, uniformity REAL, anisotropy REAL, dev_spearman REAL,"
    " sentences_per_second REAL, eta_seconds REAL, model TEXT, query HIDDEN, options HIDDEN)";

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
  kModel,
  kQuery,
  kOptions,
};

constexpr int kHasQuery = 1;
constexpr int kHasOptions = 2;

struct Table : sqlite3_vtab {
  ConnectionPtr connection;
};

struct Cursor : sqlite3_vtab_cursor {
  std::string query, options;
  std::unique_ptr<TrainSession> session;
  bool at_end = true;
  int64_t row = 0;
};

int Connect(sqlite3* db, void* user, int, const char* const*, sqlite3_vtab** table,
            char** message) noexcept {
  return GuardCreate(message, [&] {
    if (sqlite3_declare_vtab(db, kDeclaration) != SQLITE_OK ||
        sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY) != SQLITE_OK) {
      ThrowLastError(db, "semblance_train");
    }
    auto made = std::make_unique<Table>();
    made->connection = ConnectionOf(user);
    *table = made.release();
  });
}

int Disconnect(sqlite3_vtab* table) noexcept {
  delete static_cast<Table*>(table);
  return SQLITE_OK;
}

// The two arguments arrive as `query = ?` and `options = ?`; xFilter gets them in this order.
int BestIndex(sqlite3_vtab*, sqlite3_index_info* info) noexcept {
  int positions[2] = {-1, -1};
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (constraint.iColumn < kQuery || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    // An argument from a table that is not read yet: SQLite must look for another order.
    if (!constraint.usable) return SQLITE_CONSTRAINT;
    positions[constraint.iColumn - kQuery] = i;
  }
  int arguments = 0;
  for (int argument = 0; argument < 2; ++argument) {
    if (positions[argument] < 0) continue;
    auto& usage = info->aConstraintUsage[positions[argument]];
    usage.argvIndex = ++arguments;
    usage.omit = 1;
    info->idxNum |= argument == 0 ? kHasQuery : kHasOptions;
  }
  info->estimatedCost = 1e9;  // never as the inner loop, when there is a choice
  info->estimatedRows = 1000;
  return SQLITE_OK;
}

int Open(sqlite3_vtab* table, sqlite3_vtab_cursor** cursor) noexcept {
  return GuardTable(table, [&] { *cursor = std::make_unique<Cursor>().release(); });
}

int Close(sqlite3_vtab_cursor* cursor) noexcept {
  delete static_cast<Cursor*>(cursor);
  return SQLITE_OK;
}

void Advance(Cursor* cursor) {
  ++cursor->row;
  cursor->at_end = true;
  cursor->at_end = !cursor->session->Next();
}

std::string TextArgument(sqlite3_value* value, const char* what) {
  if (sqlite3_value_type(value) != SQLITE_TEXT) {
    ThrowInvalid("semblance_train() expects " + std::string(what) + " as TEXT, and received " +
                 Describe(value));
  }
  return {reinterpret_cast<const char*>(sqlite3_value_text(value)),
          static_cast<size_t>(sqlite3_value_bytes(value))};
}

int Filter(sqlite3_vtab_cursor* base, int given, const char*, int,
           sqlite3_value** arguments) noexcept {
  return GuardTable(base->pVtab, [&] {
    auto& cursor = static_cast<Cursor&>(*base);
    cursor.session.reset();
    cursor.at_end = true;
    cursor.row = 0;
    if (given != (kHasQuery | kHasOptions)) {
      ThrowInvalid(
          "semblance_train() needs a query and options: SELECT * FROM semblance_train("
          "'SELECT body FROM notes', '{\"name\":\"notes-v1\",\"base\":\"default\"}')");
    }
    cursor.query = TextArgument(arguments[0], "the training query");
    cursor.options = TextArgument(arguments[1], "its options");
    cursor.session = std::make_unique<TrainSession>(static_cast<Table*>(base->pVtab)->connection,
                                                    cursor.query, cursor.options);
    Advance(&cursor);
  });
}

int Next(sqlite3_vtab_cursor* base) noexcept {
  return GuardTable(base->pVtab, [&] { Advance(static_cast<Cursor*>(base)); });
}

int Eof(sqlite3_vtab_cursor* base) noexcept { return static_cast<Cursor*>(base)->at_end; }

void ResultText(sqlite3_context* context, const std::string& text) {
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// A NaN, which stands for "not measured", becomes NULL in sqlite3_result_double.
void ResultColumn(sqlite3_context* context, const Cursor& cursor, int column) {
  const training::Report& report = cursor.session->report();
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
    case kModel:
      if (cursor.session->published()) ResultText(context, cursor.session->name());
      return;
    case kQuery:
      return ResultText(context, cursor.query);
    case kOptions:
      return ResultText(context, cursor.options);
  }
}

int Column(sqlite3_vtab_cursor* base, sqlite3_context* context, int column) noexcept {
  GuardFunction(context, [&] { ResultColumn(context, static_cast<Cursor&>(*base), column); });
  return SQLITE_OK;
}

int Rowid(sqlite3_vtab_cursor* base, sqlite3_int64* row_id) noexcept {
  *row_id = static_cast<Cursor*>(base)->row;
  return SQLITE_OK;
}

}  // namespace

void RegisterTrainTable(sqlite3* db, const ConnectionPtr& connection) {
  static const sqlite3_module module = [] {
    sqlite3_module methods = {};  // without xCreate it cannot be created, it is there
    methods.xConnect = Connect;
    methods.xBestIndex = BestIndex;
    methods.xDisconnect = Disconnect;
    methods.xOpen = Open;
    methods.xClose = Close;
    methods.xFilter = Filter;
    methods.xNext = Next;
    methods.xEof = Eof;
    methods.xColumn = Column;
    methods.xRowid = Rowid;
    return methods;
  }();
  RegisterModule(db, "semblance_train", &module, connection);
}

}  // namespace semblance::sql
