// What one stressed process does until it is killed or its time is over. Each is a program of its
// own, started by the stress tool, and speaks to it by one number a report on kReports.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace semblance::stress {

struct Role {
  std::string file;
  uint64_t seed = 0;
  std::string journal_mode = "wal";
};

// What must hold does not.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Writes the story on from where the database is, for ever; reports each number once its COMMIT has
// returned.
void Write(const Role& role);
// Looks at one snapshot after the other, for ever, and reports the number that each shows. Throws
// Violation.
void Read(const Role& role);
// Looks at everything once, with nobody else there: the rows, the vectors, searches and
// integrity-check; `acknowledged` transactions must be there. Reports the number of the last.
void Check(const Role& role, uint64_t acknowledged);

}  // namespace semblance::stress
