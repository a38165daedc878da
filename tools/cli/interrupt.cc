#include "tools/cli/interrupt.h"

#include <atomic>
#include <csignal>

namespace semblance::cli {
namespace {

// What a signal handler may touch: lock-free atomics only.
std::atomic<Connection*> g_connection{nullptr};
std::atomic<bool> g_requested{false};

void OnSignal(int) {
  g_requested = true;
  if (Connection* connection = g_connection) connection->Interrupt();
}

}  // namespace

InterruptOnSignal::InterruptOnSignal(Connection* connection) {
  g_requested = false;
  g_connection = connection;
  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
}

InterruptOnSignal::~InterruptOnSignal() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  g_connection = nullptr;
}

bool InterruptOnSignal::requested() const { return g_requested; }

}  // namespace semblance::cli
