// SQL scripts with the output they must have, readable as documentation:
//
//   # a comment, anywhere
//   > SELECT 1, NULL, 'a';         SQL; directly following lines with > belong to it
//   1|NULL|a                       the rows of all of it, exactly; NULL, and x'00ff' for BLOBs
//
//   > SELECT 0.1 + 0.2;
//   ~ 1e-6                         numbers may differ from the expected by this much
//   0.3
//
//   > SELECT vec_f32('x');
//   ! expected a vector            must fail with a message that contains this; no rows are
//   expected
//
//   con2> SELECT 1;                the same on a second connection to the same file (any name of
//   letters 1                              and digits, opened on first use)
//
//   restart                        closes every connection; the next SQL opens the file again
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace semblance::test {

struct ScriptStep {
  size_t line = 0;         // of its first line, from 1
  bool restart = false;    // then nothing else
  std::string connection;  // empty: the first one
  std::string sql;
  std::vector<std::string> rows;
  std::string error;     // a part of the message; empty: must succeed
  double tolerance = 0;  // of numbers
};

// Whether two rows as TestConnection::Rows gives them are the same, numbers within the tolerance.
bool SameRow(const std::string& expected, const std::string& received, double tolerance);

// Throws std::runtime_error with the line that makes no sense.
std::vector<ScriptStep> ParseScript(std::string_view text);

// Runs a script on a database file that does not exist yet. Empty when all is as expected; else the
// line, the SQL, the expected and the received of the first step that is not.
std::string RunScript(const std::vector<ScriptStep>& steps, const std::string& database_file);

}  // namespace semblance::test
