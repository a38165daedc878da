// What LibTorch and the standard library throw, as encoder::Error.
#pragma once

#include <exception>
#include <new>
#include <string>

#include "engine/encoder/error.h"

namespace semblance::training {

// Runs `work`; what it throws that is not an encoder::Error becomes one.
template <typename Work>
auto Translated(const Work& work) -> decltype(work()) {
  using encoder::Error;
  using encoder::ErrorKind;
  try {
    return work();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::kInvalid,
                "training ran out of memory; lower batch, max_length or vocab_size");
  } catch (const std::exception& error) {
    // LibTorch appends a stack trace to its messages.
    const std::string what = error.what();
    throw Error(ErrorKind::kInvalid, "training failed: " + what.substr(0, what.find('\n')));
  }
}

}  // namespace semblance::training
