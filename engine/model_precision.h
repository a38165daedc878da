// In which precision a model is computed: what somebody chose, or else what was measured to be as
// good as f32, or else f32. Kept with the model in the store, so that every connection follows it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/encoder/precision.h"
#include "storage/store.h"

namespace semblance::engine {

struct PrecisionChoice {
  std::optional<encoder::Precision> chosen;    // nullopt: automatic
  std::optional<encoder::Precision> measured;  // the fastest that is nearly as good as f32

  encoder::Precision precision() const {
    return chosen.value_or(measured.value_or(encoder::Precision::kF32));
  }
};

// Of the model with that id. A name that a newer version wrote reads as nullopt.
PrecisionChoice ReadPrecision(const storage::Store& store, std::string_view model_id);
// Durable when it returns.
void WritePrecision(storage::Store* store, std::string_view model_id,
                    const PrecisionChoice& choice);

}  // namespace semblance::engine
