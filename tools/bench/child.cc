#include "tools/bench/child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace semblance::bench {
namespace {

using nlohmann::json;

[[noreturn]] void Work(const std::function<json()>& work, int to) {
  json result;
  try {
    result = work();
  } catch (const std::exception& error) {
    result["error"] = error.what();
  }
  const std::string text = result.dump();
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(to, text.data() + written, text.size() - written);
    if (count <= 0) break;
    written += static_cast<size_t>(count);
  }
  close(to);
  std::fflush(nullptr);
  _exit(0);  // not exit: it would end, a second time, what belongs to the parent
}

}  // namespace

json RunInChild(const std::function<json()>& work) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe to be had");
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process to be had");
  if (child == 0) {
    close(ends[0]);
    Work(work, ends[1]);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = read(ends[0], buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  json result = json::parse(text, nullptr, false);
  if (result.is_object()) return result;
  return {{"error", "the process ended with status " + std::to_string(status)}};
}

}  // namespace semblance::bench
