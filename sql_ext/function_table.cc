#include "sql_ext/function_table.h"

#include <algorithm>

#include "sql_ext/guard.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

struct Registered {
  const FunctionTable* table;
  ConnectionPtr connection;
};

struct FunctionVtab : sqlite3_vtab {
  const FunctionTable* table;
  ConnectionPtr connection;
};

struct FunctionCursor : sqlite3_vtab_cursor {
  std::vector<ValuePtr> arguments;  // nullptr: not given
  std::unique_ptr<FunctionRows> rows;
  bool at_end = true;
  int64_t row = 0;
};

int Connect(sqlite3* db, void* user, int, const char* const*, sqlite3_vtab** made,
            char** message) noexcept {
  return GuardCreate(message, [&] {
    const auto& registered = *static_cast<const Registered*>(user);
    const FunctionTable* table = registered.table;
    if (sqlite3_declare_vtab(db, table->declaration) != SQLITE_OK) ThrowLastError(db, table->name);
    if (table->use == FunctionTable::Use::kAnywhere) sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
    if (table->use == FunctionTable::Use::kStatements)
      sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
    auto vtab = std::make_unique<FunctionVtab>();
    vtab->table = table;
    vtab->connection = registered.connection;
    *made = vtab.release();
  });
}

int Disconnect(sqlite3_vtab* vtab) noexcept {
  delete static_cast<FunctionVtab*>(vtab);
  return SQLITE_OK;
}

// An argument arrives as `column = ?`. idxNum: a bit for each that is given, in whose order xFilter
// gets them.
int BestIndex(sqlite3_vtab* vtab, sqlite3_index_info* info) noexcept {
  const FunctionTable& table = *static_cast<FunctionVtab*>(vtab)->table;
  int given = 0;
  for (int argument = 0; argument < table.arguments; ++argument) {
    for (int i = 0; i < info->nConstraint; ++i) {
      const auto& constraint = info->aConstraint[i];
      if (constraint.iColumn != table.first_argument + argument ||
          constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) {
        continue;
      }
      // An argument from a table that is not read yet: SQLite must look for another order.
      if (!constraint.usable) return SQLITE_CONSTRAINT;
      if ((info->idxNum >> argument & 1) != 0) continue;
      info->aConstraintUsage[i].argvIndex = ++given;
      info->aConstraintUsage[i].omit = 1;
      info->idxNum |= 1 << argument;
    }
  }
  // A function is never the inner loop, when there is a choice.
  info->estimatedCost = table.arguments > 0 ? 1e9 : 1000;
  info->estimatedRows = table.arguments > 0 ? 1000 : 100;
  return SQLITE_OK;
}

int Open(sqlite3_vtab* vtab, sqlite3_vtab_cursor** cursor) noexcept {
  return GuardTable(vtab, [&] { *cursor = std::make_unique<FunctionCursor>().release(); });
}

int Close(sqlite3_vtab_cursor* cursor) noexcept {
  delete static_cast<FunctionCursor*>(cursor);
  return SQLITE_OK;
}

void Advance(FunctionCursor* cursor) {
  cursor->at_end = true;
  cursor->at_end = !cursor->rows->Next();
  ++cursor->row;
}

int Filter(sqlite3_vtab_cursor* base, int given, const char*, int,
           sqlite3_value** values) noexcept {
  return GuardTable(base->pVtab, [&] {
    auto& cursor = *static_cast<FunctionCursor*>(base);
    const auto& vtab = *static_cast<FunctionVtab*>(base->pVtab);
    const FunctionTable& table = *vtab.table;
    cursor.rows.reset();
    cursor.at_end = true;
    cursor.row = 0;
    cursor.arguments.assign(static_cast<size_t>(table.arguments), nullptr);
    std::vector<sqlite3_value*> arguments(static_cast<size_t>(table.arguments), nullptr);
    for (size_t i = 0; i < arguments.size(); ++i) {
      if ((given >> i & 1) == 0) continue;
      cursor.arguments[i] = CopyOf(*values++);
      arguments[i] = cursor.arguments[i].get();
    }
    const std::string name = std::string(table.name) + "()";
    const int first = (1 << table.required) - 1;
    if ((given & first) != first) ThrowInvalid(name + " needs " + table.needs);
    const FunctionArguments call(name, std::move(arguments));
    if (table.nulls == FunctionTable::Nulls::kNoRows && call.AnyNull()) return;
    cursor.rows = table.open(vtab.connection, call);
    if (cursor.rows) Advance(&cursor);
  });
}

int Next(sqlite3_vtab_cursor* base) noexcept {
  return GuardTable(base->pVtab, [&] { Advance(static_cast<FunctionCursor*>(base)); });
}

int Eof(sqlite3_vtab_cursor* base) noexcept { return static_cast<FunctionCursor*>(base)->at_end; }

int Column(sqlite3_vtab_cursor* base, sqlite3_context* context, int column) noexcept {
  const auto& cursor = *static_cast<FunctionCursor*>(base);
  const FunctionTable& table = *static_cast<FunctionVtab*>(base->pVtab)->table;
  const int argument = column - table.first_argument;
  GuardFunction(context, [&] {
    if (argument < 0 || argument >= table.arguments) {
      cursor.rows->Column(context, column);
    } else if (const auto& value = cursor.arguments[static_cast<size_t>(argument)]) {
      sqlite3_result_value(context, value.get());
    }
  });
  return SQLITE_OK;
}

int Rowid(sqlite3_vtab_cursor* base, sqlite3_int64* row_id) noexcept {
  *row_id = static_cast<FunctionCursor*>(base)->row;
  return SQLITE_OK;
}

// Without xCreate it cannot be created, it is there.
const sqlite3_module kModule = [] {
  sqlite3_module methods = {};
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

}  // namespace

bool FunctionArguments::AnyNull() const {
  return std::any_of(values_.begin(), values_.end(), [](sqlite3_value* value) {
    return value != nullptr && sqlite3_value_type(value) == SQLITE_NULL;
  });
}

std::string FunctionArguments::Text(size_t i, const char* what) const {
  if (sqlite3_value_type(values_[i]) != SQLITE_TEXT) {
    ThrowInvalid(function_ + ": expected " + what + " as TEXT, received " + Describe(values_[i]));
  }
  return std::string(TextOf(values_[i]));
}

std::optional<std::string> FunctionArguments::OptionalText(size_t i, const char* what) const {
  if (!Given(i)) return std::nullopt;
  return Text(i, what);
}

double FunctionArguments::Number(size_t i, const char* what) const {
  const int type = sqlite3_value_numeric_type(values_[i]);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) {
    ThrowInvalid(function_ + ": expected " + what + ", a number, received " + Describe(values_[i]));
  }
  return sqlite3_value_double(values_[i]);
}

int64_t FunctionArguments::Integer(size_t i, const char* what, int64_t least, int64_t most) const {
  const auto number = WholeNumber(values_[i]);
  if (!number || *number < least || *number > most) {
    ThrowInvalid(function_ + ": expected " + what + ", a whole number from " +
                 std::to_string(least) + " to " + std::to_string(most) + ", received " +
                 Describe(values_[i]));
  }
  return *number;
}

void RegisterFunctionTable(sqlite3* db, const FunctionTable* table,
                           const ConnectionPtr& connection) {
  const int code =
      sqlite3_create_module_v2(db, table->name, &kModule, new Registered{table, connection},
                               [](void* user) { delete static_cast<Registered*>(user); });
  if (code != SQLITE_OK) ThrowLastError(db, std::string("cannot register ") + table->name);
}

}  // namespace semblance::sql
