// What ThreadSanitizer reads when the program starts.
//
// RocksDB comes from a package, built without it: the atomics that order its reads and writes are
// not seen, while its memcpy and memcmp are. So a race is not reported where RocksDB stands in one
// of the two stacks.
extern "C" [[gnu::visibility("default")]] const char* __tsan_default_suppressions();

const char* __tsan_default_suppressions() { return "race:librocksdb.so\n"; }
