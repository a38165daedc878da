// semblance_whiten(model, query, name [, dims]): a model of the main database with a whitening
// behind it, fitted on the texts of a query (engine/encoder/whitening.h), stored under a name of
// its own. Gives the id. It reads a query and stores a model, so it is SQLITE_DIRECTONLY.

#include <string>
#include <string_view>
#include <vector>

#include "engine/encoder/whitening.h"
#include "sql_ext/guard.h"
#include "sql_ext/register.h"
#include "sql_ext/train_query.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

constexpr size_t kTextsAtATime = 1024;
const std::string kSignature = "semblance_whiten(model, query, name): ";

size_t DimsArgument(sqlite3_value* value, size_t dimension) {
  const auto dims = WholeNumber(value);
  if (!dims || *dims < 1 || static_cast<uint64_t>(*dims) > dimension) {
    ThrowInvalid("semblance_whiten(): expected 1 to " + std::to_string(dimension) +
                 " dimensions, received " + Describe(value));
  }
  return static_cast<size_t>(*dims);
}

// All texts of the query, as the model embeds them.
void AddAll(Connection* connection, const encoder::Encoder& encoder, ReadOnlyQuery* query,
            encoder::WhiteningFit* fit) {
  const size_t dimension = encoder.dimension();
  std::vector<std::string> texts;
  for (bool more = true; more;) {
    more = query->Step();
    if (more) texts.push_back(query->Text(0));
    if (more && texts.back().empty()) texts.pop_back();
    if (texts.empty() || (more && texts.size() < kTextsAtATime)) continue;
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    const std::vector<float> vectors = encoder.Encode(views, connection->Cancel());
    for (size_t i = 0; i < texts.size(); ++i) fit->Add({&vectors[i * dimension], dimension});
    texts.clear();
  }
}

void Whiten(sqlite3_context* context, int count, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    Connection& connection = *ConnectionOf(sqlite3_user_data(context));
    const std::string model = TextArgument(arguments[0], kSignature + "the name of a model");
    const std::string sql = TextArgument(arguments[1], kSignature + "a query of texts");
    const std::string name = TextArgument(arguments[2], kSignature + "a name for the new model");
    engine::CheckModelName(name);
    ReadOnlyQuery query(connection.db(), sql, "the query of semblance_whiten()", 1, 1);
    const auto models = connection.Models();
    const std::string id = models->Find(model).id;
    encoder::ModelPackage package = models->Package(id);
    if (package.Has(encoder::Whitening::kFile)) {
      ThrowInvalid("model '" + model + "' is whitened already; whiten the one it was made of");
    }
    // Its own reference: what the query calls may load others.
    const auto encoder = models->EncoderById(id);
    const size_t dims = count > 3 ? DimsArgument(arguments[3], encoder->dimension()) : 0;
    encoder::WhiteningFit fit(encoder->dimension());
    AddAll(&connection, *encoder, &query, &fit);
    package.Add(encoder::Whitening::kFile, fit.Finish(dims));
    const auto database = connection.DatabaseOf("main", engine::FileDatabase::Create::kYes);
    const std::string made = database->models().Register(name, package, "{}").id;
    ResultText(context, made);
  });
}

}  // namespace

void RegisterWhitenFunction(sqlite3* db, const ConnectionPtr& connection) {
  for (const int arguments : {3, 4}) {
    RegisterFunction(db, {"semblance_whiten", arguments, SQLITE_DIRECTONLY, Whiten}, &connection);
  }
}

}  // namespace semblance::sql
