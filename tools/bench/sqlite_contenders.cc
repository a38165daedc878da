#include "tools/bench/sqlite_contenders.h"

#include <sqlite3.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "tools/bench/stopwatch.h"

namespace semblance::bench {
namespace {

class Database {
 public:
  Database(const std::string& file, const SqlSpelling& spelling) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(file.c_str(), &handle_, flags, nullptr) != SQLITE_OK) Fail(file);
    sqlite3_enable_load_extension(handle_, 1);
    char* message = nullptr;
    const char* entry = spelling.entry_point.empty() ? nullptr : spelling.entry_point.c_str();
    if (sqlite3_load_extension(handle_, spelling.extension.c_str(), entry, &message) != SQLITE_OK) {
      const std::string what = message ? message : "unknown";
      sqlite3_free(message);
      sqlite3_close(handle_);
      throw std::runtime_error(spelling.extension + ": " + what);
    }
    Run("PRAGMA journal_mode=WAL");
  }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void Run(const std::string& sql) {
    if (sql.empty()) return;
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) Fail(sql);
  }
  [[noreturn]] void Fail(const std::string& what) {
    throw std::runtime_error(what + ": " + sqlite3_errmsg(handle_));
  }
  sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

class Statement {
 public:
  Statement(Database* database, const std::string& sql) : database_(database), sql_(sql) {
    if (sqlite3_prepare_v2(database->handle(), sql.c_str(), -1, &handle_, nullptr) != SQLITE_OK) {
      database_->Fail(sql_);
    }
  }
  ~Statement() { sqlite3_finalize(handle_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  bool Has(int place) const { return place <= sqlite3_bind_parameter_count(handle_); }
  void Bind(int place, int64_t value) {
    if (Has(place)) sqlite3_bind_int64(handle_, place, value);
  }
  void Bind(int place, const float* vector, uint32_t dimension) {
    sqlite3_bind_blob(handle_, place, vector, static_cast<int>(dimension * sizeof(float)),
                      SQLITE_STATIC);
  }
  void Bind(int place, const std::string& text) {
    sqlite3_bind_text(handle_, place, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }
  bool Step() {
    const int code = sqlite3_step(handle_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) database_->Fail(sql_);
    return code == SQLITE_ROW;
  }
  void Reset() { sqlite3_reset(handle_); }
  sqlite3_stmt* handle() const { return handle_; }

 private:
  Database* const database_;
  const std::string sql_;
  sqlite3_stmt* handle_ = nullptr;
};

class SqlSession final : public Session {
 public:
  SqlSession(std::shared_ptr<Database> database, const SqlSpelling& spelling, uint32_t dimension)
      : dimension_(dimension), database_(std::move(database)) {
    database_->Run(spelling.prepare);
    all_ = std::make_unique<Statement>(database_.get(), spelling.search);
    if (!spelling.filtered.empty()) {
      filtered_ = std::make_unique<Statement>(database_.get(), spelling.filtered);
    }
  }
  std::vector<int64_t> Search(const float* query, const Ask& ask) override {
    const bool filter = ask.permille != kAllParts;
    Statement& statement = filter ? *filtered_ : *all_;
    statement.Bind(1, query, dimension_);
    statement.Bind(2, ask.k);
    statement.Bind(3, ask.ef);
    if (filter) statement.Bind(4, ask.permille);
    std::vector<int64_t> row_ids;
    while (statement.Step()) row_ids.push_back(sqlite3_column_int64(statement.handle(), 0));
    statement.Reset();
    return row_ids;
  }

 private:
  const uint32_t dimension_;
  const std::shared_ptr<Database> database_;
  std::unique_ptr<Statement> all_, filtered_;
};

class SqlWriting final : public Writing {
 public:
  SqlWriting(std::shared_ptr<Database> database, const std::string& insert, const DataSet& data)
      : database_(std::move(database)),
        thread_([this, insert, &data](std::stop_token stop) { Write(stop, insert, data); }) {}

 private:
  static constexpr uint32_t kRowsOfATransaction = 100;

  void Write(std::stop_token stop, const std::string& insert, const DataSet& data) {
    try {
      WriteUntil(stop, insert, data);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "the writer gave up: %s\n", error.what());
    }
  }
  void WriteUntil(std::stop_token stop, const std::string& insert, const DataSet& data) {
    uint32_t row = 0;
    while (!stop.stop_requested()) {
      database_->Run("BEGIN");
      Statement statement(database_.get(), insert);
      for (uint32_t i = 0; i < kRowsOfATransaction; ++i, ++row) {
        statement.Bind(1, int64_t{data.size()} + row + 1);
        statement.Bind(2, data.row(row % data.size()), data.dimension);
        statement.Bind(3, int64_t{PartOf(row)});
        statement.Step();
        statement.Reset();
      }
      database_->Run("COMMIT");
    }
  }

  const std::shared_ptr<Database> database_;
  std::jthread thread_;
};

class SqlContender final : public Contender {
 public:
  SqlContender(const SqlSpelling& spelling, const std::string& folder)
      : spelling_(spelling), folder_(folder), file_(folder + "/bench.db") {}
  ~SqlContender() override {
    kept_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  BuildTimes Build(const DataSet& data) override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    dimension_ = data.dimension;
    auto database = std::make_shared<Database>(file_, spelling_);
    BuildTimes times;
    database->Run("CREATE TABLE plain(id INTEGER PRIMARY KEY, v BLOB, part INTEGER)");
    times.plain_insert_seconds =
        Insert(*database, data, "INSERT INTO plain(id, v, part) VALUES(?1, ?2, ?3)");
    database->Run("DELETE FROM plain");
    database->Run(spelling_.create);
    times.insert_seconds = Insert(*database, data, spelling_.insert);
    const Stopwatch watch;
    database->Run(spelling_.finish);
    if (!spelling_.finish.empty()) times.build_seconds = watch.Seconds();
    if (!spelling_.durable) {
      only_ = std::move(database);
      return times;
    }
    database.reset();
    const Stopwatch opening;
    auto session = NewSession();
    session->Search(data.query(0), {});
    times.open_seconds = opening.Seconds();
    kept_ = std::move(session);
    return times;
  }

  std::unique_ptr<Session> NewSession() override {
    auto database = only_ ? only_ : std::make_shared<Database>(file_, spelling_);
    return std::make_unique<SqlSession>(std::move(database), spelling_, dimension_);
  }
  bool has_ef() const override { return spelling_.has_ef; }
  bool has_threads() const override { return spelling_.durable; }
  bool has_filter() const override { return !spelling_.filtered.empty(); }
  std::unique_ptr<Writing> StartWriting(const DataSet& data) override {
    if (!spelling_.writes_meanwhile) return nullptr;
    return std::make_unique<SqlWriting>(std::make_shared<Database>(file_, spelling_),
                                        spelling_.insert, data);
  }

 private:
  static double Insert(Database& database, const DataSet& data, const std::string& sql) {
    const Stopwatch watch;
    database.Run("BEGIN");
    {
      Statement insert(&database, sql);
      for (uint32_t i = 0; i < data.size(); ++i) {
        insert.Bind(1, int64_t{i} + 1);
        insert.Bind(2, data.row(i), data.dimension);
        insert.Bind(3, PartOf(int64_t{i} + 1));
        insert.Step();
        insert.Reset();
      }
    }
    database.Run("COMMIT");
    return watch.Seconds();
  }

  const SqlSpelling spelling_;
  const std::string folder_;
  const std::string file_;
  uint32_t dimension_ = 0;
  std::unique_ptr<Session> kept_;  // keeps open what connections share
  std::shared_ptr<Database> only_;  // of those whose table lives in one connection
};

}  // namespace

std::unique_ptr<Contender> NewSqlContender(const SqlSpelling& spelling, const std::string& folder) {
  return std::make_unique<SqlContender>(spelling, folder);
}

void EmbedTexts(const std::string& extension, const std::vector<std::string>& texts,
                const std::string& file) {
  SqlSpelling spelling;
  spelling.extension = extension;
  Database database(":memory:", spelling);
  Statement embed(&database, "SELECT embed(?1)");
  std::ofstream out(file, std::ios::binary);
  for (const std::string& text : texts) {
    embed.Bind(1, text);
    embed.Step();
    out.write(static_cast<const char*>(sqlite3_column_blob(embed.handle(), 0)),
              sqlite3_column_bytes(embed.handle(), 0));
    embed.Reset();
  }
  if (!out) throw std::runtime_error("cannot write " + file);
}

}  // namespace semblance::bench
