#include "sql_ext/register.h"

#include <string>

#include "sql_ext/guard.h"

namespace semblance::sql {
namespace {

// SQLite calls it also when the registration fails.
void FreeConnection(void* user) { delete static_cast<ConnectionPtr*>(user); }

void* Share(const ConnectionPtr* connection) {
  return connection == nullptr ? nullptr : new ConnectionPtr(*connection);
}

}  // namespace

void RegisterFunction(sqlite3* db, const FunctionSpec& spec, const ConnectionPtr* connection) {
  const int code = sqlite3_create_function_v2(
      db, spec.name, spec.arguments, SQLITE_UTF8 | spec.flags, Share(connection), spec.call,
      nullptr, nullptr, connection == nullptr ? nullptr : FreeConnection);
  if (code != SQLITE_OK) ThrowLastError(db, std::string("cannot register ") + spec.name + "()");
}

void RegisterAggregate(sqlite3* db, const AggregateSpec& spec) {
  const int code =
      sqlite3_create_function_v2(db, spec.name, spec.arguments, SQLITE_UTF8 | spec.flags, nullptr,
                                 nullptr, spec.step, spec.final, nullptr);
  if (code != SQLITE_OK) ThrowLastError(db, std::string("cannot register ") + spec.name + "()");
}

void RegisterModule(sqlite3* db, const char* name, const sqlite3_module* module,
                    const ConnectionPtr& connection) {
  const int code = sqlite3_create_module_v2(db, name, module, Share(&connection), FreeConnection);
  if (code != SQLITE_OK) ThrowLastError(db, std::string("cannot register the module ") + name);
}

}  // namespace semblance::sql
