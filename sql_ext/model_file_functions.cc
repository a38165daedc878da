// semblance_export_model(name, folder) and semblance_import_model(folder, name): a model of the main
// database as a folder in Hugging Face's layout (engine/encoder/model_package.h), and back. Each gives
// the model's id. They touch the file system, so they are SQLITE_DIRECTONLY: no view or trigger runs
// them.

#include <filesystem>
#include <string>

#include "sql_ext/guard.h"
#include "sql_ext/register.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

std::string TextArgument(sqlite3_value* value, const char* what) {
  if (sqlite3_value_type(value) != SQLITE_TEXT) {
    ThrowInvalid(std::string(what) + " was expected, received " + Describe(value));
  }
  return reinterpret_cast<const char*>(sqlite3_value_text(value));
}

void ResultText(sqlite3_context* context, const std::string& text) {
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void ExportModel(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    const std::string name = TextArgument(
        arguments[0], "semblance_export_model(name, folder): the name of a model");
    const std::string folder =
        TextArgument(arguments[1], "semblance_export_model(name, folder): the path of a folder");
    if (std::filesystem::exists(folder) && !std::filesystem::is_empty(folder)) {
      ThrowInvalid("semblance_export_model(): " + folder +
                   " exists and is not an empty folder; name one that does not exist");
    }
    const auto models = ConnectionOf(sqlite3_user_data(context))->Models();
    const engine::ModelInfo info = models->Find(name);
    models->Package(info.id).WriteTo(folder);
    ResultText(context, info.id);
  });
}

void ImportModel(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    const std::string folder =
        TextArgument(arguments[0], "semblance_import_model(folder, name): the path of a folder");
    const std::string name = TextArgument(
        arguments[1], "semblance_import_model(folder, name): a name for the model");
    const auto database = ConnectionOf(sqlite3_user_data(context))
                              ->DatabaseOf("main", engine::FileDatabase::Create::kYes);
    const auto package = encoder::ModelPackage::FromDirectory(folder);
    ResultText(context, database->models().Register(name, package, "{}").id);
  });
}

}  // namespace

void RegisterModelFileFunctions(sqlite3* db, const ConnectionPtr& connection) {
  RegisterFunction(db, {"semblance_export_model", 2, SQLITE_DIRECTONLY, ExportModel}, &connection);
  RegisterFunction(db, {"semblance_import_model", 2, SQLITE_DIRECTONLY, ImportModel}, &connection);
}

}  // namespace semblance::sql
