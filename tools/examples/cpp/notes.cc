// Semblance in a C++ program: SQLite's C interface, and the extension loaded into each connection.
#include <sqlite3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

void Check(sqlite3* db, int code) {
  if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) {
    throw std::runtime_error(sqlite3_errmsg(db));
  }
}

// Extensions are loaded by connection. Loading is switched on for this call only, and for C, so
// that SQL that somebody else wrote cannot load anything.
Database Open(const std::string& file) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open(file.c_str(), &opened);
  Database db(opened);
  Check(db.get(), code);
  sqlite3_db_config(db.get(), SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nullptr);
  char* message = nullptr;
  if (sqlite3_load_extension(db.get(), SEMBLANCE_EXTENSION, nullptr, &message) != SQLITE_OK) {
    const std::string what = message ? message : "it does not say why";
    sqlite3_free(message);
    throw std::runtime_error("cannot load " SEMBLANCE_EXTENSION ": " + what);
  }
  sqlite3_db_config(db.get(), SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  return db;
}

void Execute(const Database& db, const char* sql) {
  Check(db.get(), sqlite3_exec(db.get(), sql, nullptr, nullptr, nullptr));
}

Statement Prepare(const Database& db, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  Check(db.get(), sqlite3_prepare_v2(db.get(), sql, -1, &statement, nullptr));
  return Statement(statement);
}

void Bind(const Statement& statement, int parameter, const std::vector<float>& vector) {
  sqlite3_bind_blob64(statement.get(), parameter, vector.data(), vector.size() * sizeof(float),
                      SQLITE_TRANSIENT);
}

std::vector<float> Vector(const Statement& statement, int column) {
  const auto* floats = static_cast<const float*>(sqlite3_column_blob(statement.get(), column));
  const size_t size = static_cast<size_t>(sqlite3_column_bytes(statement.get(), column));
  return std::vector<float>(floats, floats + size / sizeof(float));
}

void SearchText(const Database& db) {
  Execute(db,
          "CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED, year INTEGER);"
          "BEGIN;"  // one transaction: the notes are embedded together
          "INSERT INTO notes(body, year) VALUES"
          "  ('A man is playing the guitar on the street.', 2019),"
          "  ('The central bank raised its interest rates.', 2021),"
          "  ('Two dogs run across the snowy field.', 2021),"
          "  ('How to bake rye bread at home.', 2023),"
          "  ('The orchestra rehearses a symphony.', 2024);"
          "COMMIT");
  const Statement search =
      Prepare(db, "SELECT body FROM notes WHERE body MATCH ?1 AND year > ?2 AND k = 1");
  for (int year : {2000, 2020}) {
    sqlite3_bind_text(search.get(), 1, "people making music", -1, SQLITE_STATIC);
    sqlite3_bind_int(search.get(), 2, year);
    while (sqlite3_step(search.get()) == SQLITE_ROW) {
      std::printf("%s\n", reinterpret_cast<const char*>(sqlite3_column_text(search.get(), 0)));
    }
    Check(db.get(), sqlite3_reset(search.get()));
  }
}

void SearchVectors(const Database& db) {
  Execute(db, "CREATE VIRTUAL TABLE points USING semblance(v FLOAT[3] distance_metric=l2)");
  const Statement insert = Prepare(db, "INSERT INTO points(v) VALUES (?1)");
  for (const auto& point : std::vector<std::vector<float>>{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}) {
    Bind(insert, 1, point);
    Check(db.get(), sqlite3_step(insert.get()));
    Check(db.get(), sqlite3_reset(insert.get()));
  }
  const Statement search =
      Prepare(db, "SELECT rowid, v, distance FROM points WHERE v MATCH ?1 AND k = 1");
  Bind(search, 1, {0, 0.5f, 0});
  Check(db.get(), sqlite3_step(search.get()));
  const std::vector<float> nearest = Vector(search, 1);
  std::printf("%lld [%g %g %g] %g\n", sqlite3_column_int64(search.get(), 0), nearest[0], nearest[1],
              nearest[2], sqlite3_column_double(search.get(), 2));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string file = argc > 1 ? argv[1] : "notes.db";
  try {
    const Database db = Open(file);
    SearchText(db);
    SearchVectors(db);
    // Threads: a connection each. They share what the file's first connection opened.
    std::thread([&file] {
      const Database own = Open(file);
      const Statement count = Prepare(own, "SELECT count(*) FROM notes WHERE body MATCH 'music'");
      Check(own.get(), sqlite3_step(count.get()));
      std::printf("%d notes\n", sqlite3_column_int(count.get(), 0));
    }).join();
    Execute(db, "INSERT INTO points(v) VALUES ('[1, 2]')");  // two numbers where three belong
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
  }
}
