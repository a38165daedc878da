// Pages of docs/reference: what stands in their ```sql blocks is run, one block after the other on
// one connection to a database that was not there before, in an empty working directory. A plain
// ``` block right behind one is what it prints; without one it prints nothing and must not fail.
//
// Printed are the rows of all of its statements, as the sqlite3 shell does in list mode (columns
// joined by '|', NULL as nothing), a BLOB as x'00ff', of EXPLAIN QUERY PLAN the sentences, and of a
// statement that fails "Error: " and its text, after which the next one is run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace semblance::test {

struct ReferenceExample {
  size_t line = 0;  // of the first of the SQL, from 1
  std::string sql;
  std::string output;  // lines; empty: none is shown
  // Where the plain block, or the place for one, stands in the page.
  size_t begin = 0, end = 0;
};

// Throws std::runtime_error for a block that is not closed.
std::vector<ReferenceExample> ParseReferencePage(std::string_view page);

// What each example prints, in order; `folder` is empty and becomes the working directory
// meanwhile.
std::vector<std::string> RunReferenceExamples(const std::vector<ReferenceExample>& examples,
                                              const std::string& folder);

// The page with what its examples print in the place of what stands there.
std::string WithOutputs(std::string_view page, const std::vector<ReferenceExample>& examples,
                        const std::vector<std::string>& outputs);

}  // namespace semblance::test
