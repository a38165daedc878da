#include "engine/encoder/model_package.h"
