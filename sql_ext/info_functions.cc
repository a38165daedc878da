// semblance_version() and semblance_info().

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "engine/encoder/recent_texts.h"
#include "index/metric.h"
#include "sql_ext/guard.h"
#include "sql_ext/register.h"
#include "sql_ext/values.h"

namespace semblance::sql {
namespace {

using Json = nlohmann::ordered_json;

void Version(sqlite3_context* context, int, sqlite3_value**) noexcept {
  sqlite3_result_text(context, SEMBLANCE_VERSION, -1, SQLITE_STATIC);
}

Json CpuFeatures() {
  Json features = Json::array();
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) features.push_back("avx2");
  if (__builtin_cpu_supports("fma")) features.push_back("fma");
  if (__builtin_cpu_supports("avx512f")) features.push_back("avx512f");
  if (__builtin_cpu_supports("avx512vnni")) features.push_back("avx512vnni");
  if (__builtin_cpu_supports("avx512bf16")) features.push_back("avx512bf16");
#endif
  return features;
}

Json Build() {
  Json build;
  build["compiler"] = __VERSION__;
  build["sqlite_header"] = SQLITE_VERSION;
#if defined(__OPTIMIZE__)
  build["optimised"] = true;
#else
  build["optimised"] = false;
#endif
#if defined(NDEBUG)
  build["assertions"] = false;
#else
  build["assertions"] = true;
#endif
  return build;
}

// A model that cannot be read is part of the answer, not a reason for none.
Json DefaultModel(Connection& connection) {
  try {
    const engine::ModelInfo info = connection.Models()->Find("default");
    return {{"id", info.id},
            {"version", info.version},
            {"dimension", info.dimension},
            {"max_length", info.max_length},
            {"pooler", info.pooler},
            {"built_in", info.built_in}};
  } catch (const std::runtime_error& error) {
    return {{"error", error.what()}};
  }
}

// Sizes only: the answer can be pasted into a report without telling where the file lies.
Json StoreOf(engine::Database& database) {
  const storage::StoreStats stats = database.store().Stats();
  Json store = {{"disk_bytes", stats.folder_bytes},
                {"table_bytes", stats.disk_bytes},
                {"memory_bytes", stats.memory_bytes},
                {"written",
                 {{"given_bytes", stats.given_bytes},
                  {"log_bytes", stats.log_bytes},
                  {"table_bytes", stats.table_bytes}}}};
  store["write_amplification"] =
      stats.given_bytes == 0
          ? Json(nullptr)
          : Json(static_cast<double>(stats.table_bytes) / static_cast<double>(stats.given_bytes));
  return store;
}

// Of the process, all databases together.
Json RecentTexts() {
  const encoder::RecentTexts::Counts counts = encoder::RecentTexts::OfProcess().counts();
  return {{"texts", counts.texts},
          {"bytes", counts.bytes},
          {"limit_bytes", counts.limit_bytes},
          {"hits", counts.hits},
          {"misses", counts.misses}};
}

void Info(sqlite3_context* context, int, sqlite3_value**) noexcept {
  GuardFunction(context, [&] {
    Connection& connection = *ConnectionOf(sqlite3_user_data(context));
    const auto database = connection.DatabaseToRead("main");
    Json info;
    info["version"] = SEMBLANCE_VERSION;
    info["sqlite"] = sqlite3_libversion();
    info["build"] = Build();
    info["cpu"] = {{"features", CpuFeatures()}, {"distance_kernels", index::KernelName()}};
    info["default_model"] = DefaultModel(connection);
    info["recent_texts"] = RecentTexts();
    info["store"] = database == nullptr ? Json(nullptr) : StoreOf(*database);
    const std::string text = info.dump();
    ResultText(context, text);
    sqlite3_result_subtype(context, kJsonSubtype);
  });
}

}  // namespace

void RegisterInfoFunctions(sqlite3* db, const ConnectionPtr& connection) {
  RegisterFunction(db, {"semblance_version", 0, SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, Version});
  RegisterFunction(db, {"semblance_info", 0, SQLITE_DIRECTONLY | kResultSubtype, Info},
                   &connection);
}

}  // namespace semblance::sql
