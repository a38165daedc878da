// SQLite, reached through the table of functions that the host hands to a loadable extension;
// nothing here links libsqlite3. The only includer of sqlite3ext.h: the table's pointer is defined
// in entry/extension.cc and set before anything is registered.
//
// A host may be older than the header this was built with: a function newer than kOldestHost may
// only be called after asking sqlite3_libversion_number().
#pragma once

#include <sqlite3ext.h>

SQLITE_EXTENSION_INIT3

namespace semblance::sql {

inline constexpr int kOldestHost = 3037000;  // as sqlite3_libversion_number() counts

// Flags that headers before 3.45 do not know; older hosts ignore them.
inline constexpr int kResultSubtype = 0x001000000;  // "this function sets a subtype"

// Subtypes of results: what sqlite-vec uses for f32 BLOBs, and what SQLite uses for JSON.
inline constexpr unsigned kVectorSubtype = 223;
inline constexpr unsigned kJsonSubtype = 'J';

}  // namespace semblance::sql
