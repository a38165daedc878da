#include "index/metric.h"
