// semblance_export_model(name, folder) and semblance_import_model(folder, name [, pooler]): a model
// of the main database as a folder that Hugging Face's libraries read too, and back, theirs
// included (engine/encoder/model_folder.h). Each gives the model's id. They touch the file system,
// so they are SQLITE_DIRECTONLY: no view or trigger runs them.

#include <filesystem>
#include <optional>
#include <string>

#include "engine/encoder/model_folder.h"
#include "sql_ext/guard.h"
#include "sql_ext/register.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

void ExportModel(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    const std::string name =
        TextArgument(arguments[0], "semblance_export_model(name, folder): the name of a model");
    const std::string folder =
        TextArgument(arguments[1], "semblance_export_model(name, folder): the path of a folder");
    if (std::filesystem::exists(folder) && !std::filesystem::is_empty(folder)) {
      ThrowInvalid("semblance_export_model(): " + folder +
                   " exists and is not an empty folder; name one that does not exist");
    }
    const auto models = ConnectionOf(sqlite3_user_data(context))->Models();
    const engine::ModelInfo info = models->Find(name);
    encoder::ExportModelFolder(models->Package(info.id), folder);
    ResultText(context, info.id);
  });
}

void ImportModel(sqlite3_context* context, int count, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    const std::string folder =
        TextArgument(arguments[0], "semblance_import_model(folder, name): the path of a folder");
    const std::string name =
        TextArgument(arguments[1], "semblance_import_model(folder, name): a name for the model");
    std::optional<encoder::Pooler> pooler;
    if (count > 2 && sqlite3_value_type(arguments[2]) != SQLITE_NULL) {
      pooler = encoder::PoolerFromName(TextArgument(
          arguments[2], "semblance_import_model(folder, name, pooler): the name of a pooler"));
    }
    const auto database = ConnectionOf(sqlite3_user_data(context))
                              ->DatabaseOf("main", engine::FileDatabase::Create::kYes);
    const auto package = encoder::ImportModelFolder(folder, pooler);
    ResultText(context, database->models().Register(name, package, "{}").id);
  });
}

}  // namespace

void RegisterModelFileFunctions(sqlite3* db, const ConnectionPtr& connection) {
  RegisterFunction(db, {"semblance_export_model", 2, SQLITE_DIRECTONLY, ExportModel}, &connection);
  for (const int arguments : {2, 3}) {
    RegisterFunction(db, {"semblance_import_model", arguments, SQLITE_DIRECTONLY, ImportModel},
                     &connection);
  }
}

}  // namespace semblance::sql
