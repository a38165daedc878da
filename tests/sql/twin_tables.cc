#include "tests/sql/twin_tables.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <numbers>

namespace semblance::test {
namespace {

constexpr const char* kColumns = "(rowid, v, w, tag, n, r, u, extra)";

std::string ReplaceAll(std::string text, const std::string& what, const std::string& by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

std::string Hex(const float* numbers, size_t count) {
  std::string hex = "x'";
  for (size_t i = 0; i < count * sizeof(float); ++i) {
    unsigned char byte = 0;
    std::memcpy(&byte, reinterpret_cast<const char*>(numbers) + i, 1);
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02x", byte);
    hex += digits;
  }
  return hex + "'";
}

}  // namespace

TwinTables::TwinTables(TestConnection* connection, TwinOptions options, Dice* dice)
    : connection_(connection), options_(std::move(options)), dice_(dice) {
  const std::string dimension = options_.metric == "cosine" ? "4" : "3";
  connection_->Rows("CREATE VIRTUAL TABLE t USING semblance(v FLOAT[" + dimension + "], w FLOAT[" +
                    dimension + "], tag TEXT" + (options_.partition ? " PARTITION KEY" : "") +
                    ", n INTEGER, r REAL, u, +extra TEXT, distance_metric=" + options_.metric +
                    ", " + options_.index + ")");
  connection_->Rows(
      "CREATE TABLE o(id INTEGER PRIMARY KEY, v, w, tag TEXT, n INTEGER, r REAL, u, extra TEXT);"
      "CREATE TABLE q(id INTEGER PRIMARY KEY, at, lo INTEGER, tag TEXT);"
      "CREATE TABLE owner(row INTEGER PRIMARY KEY, who TEXT, tag TEXT);");
  std::string rows;
  for (int64_t row_id = 1; row_id <= options_.rows; ++row_id)
    rows += (rows.empty() ? "" : ", ") + RandomRow(row_id);
  Change("INSERT INTO {}" + std::string(kColumns) + " VALUES " + rows);
  for (int64_t id = 1; id <= 4; ++id) {
    connection_->Rows("INSERT INTO q VALUES (" + std::to_string(id) + ", " + QueryVector() + ", " +
                      std::to_string(dice_->Between(0, 7)) + ", '" +
                      std::string(1, "abcA"[id - 1]) + "')");
    connection_->Rows("INSERT INTO owner VALUES (" +
                      std::to_string(dice_->Between(1, 9) + 10 * id) + ", 'who" +
                      std::to_string(id) + "', '" + std::string(1, "abca"[id - 1]) + "')");
  }
}

std::string TwinTables::Direction(double angle) const {
  const float vector[4] = {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle)),
                           0, 0};
  return Hex(vector, 4);
}

std::string TwinTables::Whole() {
  std::string json = "'[";
  for (int i = 0; i < 3; ++i) json += (i ? "," : "") + std::to_string(dice_->Between(-3, 3));
  return json + "]'";
}

std::string TwinTables::RowVector() {
  if (dice_->OneIn(12)) return "NULL";
  const double step = 2 * std::numbers::pi / static_cast<double>(options_.directions);
  const auto place = static_cast<double>(dice_->Between(0, options_.directions - 1));
  return options_.metric == "cosine" ? Direction(step * place) : Whole();
}

std::string TwinTables::QueryVector() {
  const double step = 2 * std::numbers::pi / static_cast<double>(options_.directions);
  const auto place = static_cast<double>(dice_->Between(0, options_.directions - 1));
  return options_.metric == "cosine" ? Direction(step * (place + 1.0 / 3)) : Whole();
}

std::string TwinTables::Distance(const std::string& vector, const std::string& literal) const {
  return "vec_distance_" + options_.metric + "(" + vector + ", " + literal + ")";
}

std::string TwinTables::RandomRow(int64_t row_id) {
  constexpr const char* kTags[] = {"'a'", "'b'", "'c'", "'A'", "'ab'", "'5'", "'05'", "''", "NULL"};
  constexpr const char* kMixed[] = {"1", "2", "'2'", "2.5", "NULL", "'x'", "x'01'", "7"};
  constexpr const char* kExtras[] = {"'e'", "'ee'", "'eee'", "'a'", "'b'", "NULL"};
  const std::string n = dice_->OneIn(10) ? "NULL" : std::to_string(dice_->Between(0, 9));
  return "(" + std::to_string(row_id) + ", " + RowVector() + ", " + RowVector() + ", " +
         dice_->Of(kTags) + ", " + n + ", " + std::to_string(dice_->Between(0, 8)) + ".25, " +
         dice_->Of(kMixed) + ", " + dice_->Of(kExtras) + ")";
}

std::string TwinTables::Change(const std::string& statement) {
  // Vectors are bytes in both; the virtual table makes them of JSON by itself.
  const std::string twin = ReplaceAll(statement, "{}", "o");
  const std::string ours = connection_->ErrorOf(ReplaceAll(statement, "{}", "t"));
  const std::string theirs = connection_->ErrorOf(twin);
  if (ours.empty() == theirs.empty()) return "";
  return statement + "\n  t: " + ours + "\n  o: " + theirs;
}

std::string TwinTables::RandomChange() {
  const auto row = [&] { return std::to_string(dice_->Between(1, options_.rows + 5)); };
  const std::string other = std::to_string(dice_->Between(1, 9));
  switch (dice_->Between(0, 7)) {
    case 0:
      return Change("INSERT INTO {}" + std::string(kColumns) + " VALUES " +
                    RandomRow(options_.rows + dice_->Between(1, 30)));
    case 1:
      return Change("INSERT OR REPLACE INTO {}" + std::string(kColumns) + " VALUES " +
                    RandomRow(dice_->Between(1, options_.rows)) + ", " +
                    RandomRow(dice_->Between(1, options_.rows)));
    case 2:
      return Change("INSERT OR IGNORE INTO {}" + std::string(kColumns) + " VALUES " +
                    RandomRow(dice_->Between(1, options_.rows + 20)));
    case 3:
      return Change(std::string("UPDATE {} SET ") + (dice_->OneIn(2) ? "v = " : "w = ") +
                    RowVector() + " WHERE rowid = " + row());
    case 4:
      return Change("UPDATE {} SET n = n + 1, tag = 'b' WHERE n = " + other + " AND rowid > " +
                    row());
    case 5:
      return Change("DELETE FROM {} WHERE rowid IN (" + row() + ", " + row() + ")");
    case 6:
      return Change("UPDATE {} SET rowid = " + row() + " WHERE rowid = " + row());
    default:
      return Change("DELETE FROM {} WHERE n = " + other + " AND r > 4 AND rowid % 2");
  }
}

std::string TwinTables::Compare() {
  const std::string columns = "rowid, vec_to_json(v), vec_to_json(w), tag, n, r, u, extra";
  const auto ours = connection_->Rows("SELECT " + columns + " FROM t ORDER BY rowid");
  const auto theirs = connection_->Rows("SELECT " + columns + " FROM o ORDER BY rowid");
  return ours == theirs ? "" : "the rows of the tables differ";
}

}  // namespace semblance::test
