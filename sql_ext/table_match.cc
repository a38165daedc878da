// MATCH as a function. SQLite calls it where it did not hand the term to the table: beyond the
// sixteenth condition, to check again a row that a search has given, and where no search can be
// made of it.
#include "sql_ext/guard.h"
#include "sql_ext/table.h"

namespace semblance::sql {
namespace {

void Match(sqlite3_context* context, int, sqlite3_value**) noexcept {
  GuardFunction(context, [&] {
    const auto* table = static_cast<const Table*>(sqlite3_user_data(context));
    if (table->searches == 0) {
      ThrowInvalid(ErrorKind::kQuery, "MATCH on table " + table->shadow.table() +
                                          " must be joined to the rest of WHERE or ON by AND");
    }
    sqlite3_result_int(context, 1);
  });
}

}  // namespace

int FindFunction(sqlite3_vtab* table, int count, const char* name,
                 void (**function)(sqlite3_context*, int, sqlite3_value**), void** user) {
  if (count != 2 || sqlite3_stricmp(name, "match") != 0) return 0;
  *function = Match;
  *user = table;
  return 1;
}

}  // namespace semblance::sql
