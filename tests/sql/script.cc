#include "tests/sql/script.h"

#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

bool StartsWith(std::string_view line, std::string_view start) {
  return line.substr(0, start.size()) == start;
}

// Splits "name> SQL"; false when the line is no SQL.
bool SplitSql(const std::string& line, std::string* connection, std::string* sql) {
  const size_t mark =
      line.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
  if (mark == std::string::npos || line[mark] != '>') return false;
  *connection = line.substr(0, mark);
  *sql = line.substr(mark + 1);
  return true;
}

double ParseTolerance(const std::string& text, size_t line) {
  char* end = nullptr;
  const double tolerance = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || !(tolerance > 0)) {
    throw std::runtime_error("line " + std::to_string(line) + ": not a tolerance: " + text);
  }
  return tolerance;
}

std::vector<std::string> Cells(const std::string& row) {
  std::vector<std::string> cells(1);
  for (char c : row) {
    if (c == '|') {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

bool ParseNumber(const std::string& cell, double* number) {
  char* end = nullptr;
  *number = std::strtod(cell.c_str(), &end);
  return !cell.empty() && *end == '\0';
}

bool SameRows(const ScriptStep& step, const std::vector<std::string>& received) {
  if (step.rows.size() != received.size()) return false;
  for (size_t i = 0; i < received.size(); ++i) {
    if (!SameRow(step.rows[i], received[i], step.tolerance)) return false;
  }
  return true;
}

std::string Listed(const std::vector<std::string>& rows) {
  std::string text;
  for (const std::string& row : rows) text += "    " + row + "\n";
  return rows.empty() ? "    (no rows)\n" : text;
}

std::string Complaint(const ScriptStep& step, const std::string& expected,
                      const std::string& received) {
  return "line " + std::to_string(step.line) + ":" + step.sql + "\n  expected:\n" + expected +
         "  received:\n" + received;
}

std::string RunStep(const ScriptStep& step, TestConnection* connection) {
  std::vector<std::string> rows;
  std::string error;
  try {
    rows = connection->Rows(step.sql);
  } catch (const SqlError& failure) {
    error = failure.what();
    if (error.empty()) error = "(an error without a message)";
  }
  const std::string received = error.empty() ? Listed(rows) : "    error: " + error + "\n";
  if (!step.error.empty()) {
    if (error.find(step.error) != std::string::npos) return "";
    return Complaint(step, "    error with: " + step.error + "\n", received);
  }
  if (error.empty() && SameRows(step, rows)) return "";
  return Complaint(step, Listed(step.rows), received);
}

}  // namespace

bool SameRow(const std::string& expected, const std::string& received, double tolerance) {
  if (expected == received) return true;
  if (tolerance == 0) return false;
  const std::vector<std::string> a = Cells(expected), b = Cells(received);
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    double x = 0, y = 0;
    if (a[i] == b[i]) continue;
    if (!ParseNumber(a[i], &x) || !ParseNumber(b[i], &y)) return false;
    if (!(std::fabs(x - y) <= tolerance)) return false;
  }
  return true;
}

std::vector<ScriptStep> ParseScript(std::string_view text) {
  std::vector<ScriptStep> steps;
  std::istringstream lines{std::string(text)};
  std::string line;
  bool in_sql = false;   // the line before was SQL
  bool in_step = false;  // no empty line since
  for (size_t number = 1; std::getline(lines, line); ++number) {
    std::string connection, sql;
    const bool is_sql = SplitSql(line, &connection, &sql);
    if (is_sql && in_sql && steps.back().connection == connection) {
      steps.back().sql += "\n" + sql;
      continue;
    }
    in_sql = is_sql;
    if (is_sql || line == "restart") {
      ScriptStep step;
      step.line = number;
      step.restart = !is_sql;
      step.connection = connection;
      step.sql = sql;
      steps.push_back(step);
      in_step = is_sql;
    } else if (line.empty()) {
      in_step = false;
    } else if (line[0] == '#') {
      continue;
    } else if (!in_step) {
      throw std::runtime_error("line " + std::to_string(number) + " belongs to no SQL: " + line);
    } else if (StartsWith(line, "! ")) {
      steps.back().error = line.substr(2);
    } else if (StartsWith(line, "~ ")) {
      steps.back().tolerance = ParseTolerance(line.substr(2), number);
    } else {
      steps.back().rows.push_back(line);
    }
  }
  return steps;
}

std::string RunScript(const std::vector<ScriptStep>& steps, const std::string& database_file) {
  std::map<std::string, std::unique_ptr<TestConnection>> connections;
  for (const ScriptStep& step : steps) {
    if (step.restart) {
      connections.clear();
      continue;
    }
    auto& connection = connections[step.connection];
    if (connection == nullptr) connection = std::make_unique<TestConnection>(database_file);
    const std::string complaint = RunStep(step, connection.get());
    if (!complaint.empty()) return complaint;
  }
  return "";
}

}  // namespace semblance::test
