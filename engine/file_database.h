// The Database of one SQLite file, shared by the connections of this process and, in turns, with
// other processes.
//
// One process at a time has the store open. It keeps it open as long as nobody else wants it; when
// another process waits, it closes the store at the first moment in which nobody here uses it, and
// opens it again when somebody does. What was searched last stays in memory, so that readers at
// that commit need no turn.
//
// Who only reads waits for nobody: while another process has the store, and where the folder cannot
// be written, the store is opened to be read only, which locks nothing and shows it as it is at
// that moment.
//
// Threads: every method may be called from any thread. A child made by fork() has objects of its
// own, and leaves what its parent has open alone. Errors: storage::Error when the store cannot be
// opened: kLockHeld when no turn came, kReadOnly when it is to be written and cannot.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "engine/database.h"
#include "engine/process_id.h"
#include "engine/view.h"
#include "storage/turns.h"

namespace semblance::engine {

class FileDatabase : public std::enable_shared_from_this<FileDatabase> {
 public:
  enum class Create { kYes, kNo };

  // The object of `file` (absolute path of the SQLite file): one a process, as long as somebody
  // holds it.
  static std::shared_ptr<FileDatabase> Of(const std::string& file);
  ~FileDatabase();

  // The open Database, or nullptr with Create::kNo when there is no store beside the file. It stays
  // open while the pointer, or one that was made from it, is held: so hold it for one call or one
  // write transaction. Waits up to two seconds for another process.
  std::shared_ptr<Database> Use(Create create);

  // The same to read: what is open, or as above. nullptr when there is no store. May be older than
  // what another process has written since the call began.
  enum class Touch { kYes, kNo };  // kNo: nothing in the folder may change, as by opening it
  // Whether the folder is another one than that which is open, as when a copy was put in its place.
  // Asking the system takes longer than the rest of what a reader does here: kNowAndThen asks every
  // few milliseconds, and after Of.
  enum class Look { kNow, kNowAndThen };
  std::shared_ptr<Database> UseToRead(Touch touch, Look look);

  // A collection at a commit, when that can be answered from memory while the store is closed.
  std::optional<View> Remembered(uint64_t collection, uint64_t commit);

  // Folder of the store that belongs to a SQLite file.
  static std::string FolderOf(const std::string& file);

 private:
  using FolderIdentity = std::pair<dev_t, ino_t>;

  explicit FileDatabase(const std::string& file) : folder_(FolderOf(file)) {}
  FolderIdentity Identity() const;
  // Lets go of what is open when the folder is another one.
  void CloseReplaced(Look look);
  bool Writable() const;
  // A store, and which one of all that were in this place it is.
  struct OpenedStore {
    std::shared_ptr<storage::Store> store;
    std::string origin;  // storage::FolderOrigin; empty: it was replaced meanwhile
  };
  OpenedStore OpenStore(const storage::OpenOptions& options) const;
  std::shared_ptr<Database> DatabaseOver(OpenedStore opened);
  // Keeps what a database has in memory for the next one. Nobody may write by it any more.
  void KeepFrom(Database* database);
  void Open(OpenedStore opened);
  std::shared_ptr<Database> InUseHere(std::shared_ptr<Database> database);
  std::shared_ptr<Database> ReadBesideOthers();
  std::optional<OpenedStore> WaitForStore(Create create);
  void LetOthersFirst();
  // Answers from what that database has in memory, from now on; nullptr: from nothing.
  void Remember(Database* database);
  void WatchFolder();
  void Watch();
  void CloseWhenIdle();
  void StopWatching();
  void LeaveToParent();

  // Constant after construction.
  const std::string folder_;
  const pid_t process_ = ProcessId();

  std::mutex mu_;
  // Guarded by mu_.
  std::shared_ptr<Database> open_;  // whoever else uses it holds it too
  FolderIdentity identity_{};       // a folder that was removed and made again is another one
  std::chrono::steady_clock::time_point looked_{};  // whether it is another one
  std::shared_ptr<Database> read_only_;             // as the folder was in this state
  std::string read_only_state_;
  std::string origin_;        // of open_, or of read_only_
  Predecessors kept_;         // of the last of them that was let go
  std::string kept_from_;     // its origin, and its store's id
  bool gave_way_ = false;     // the last time it was closed, another process had asked
  FolderIdentity watched_{};  // the folder of turns_
  std::thread watcher_;

  std::unique_ptr<storage::Turns> turns_;  // constant while there is a watcher
  std::atomic<bool> stop_{false};
  std::atomic<bool> look_now_{false};

  std::mutex remembered_mu_;
  Database::States remembered_;    // of open_ when it was closed; guarded by remembered_mu_
  std::string remembered_origin_;  // of its store; guarded by remembered_mu_
};

}  // namespace semblance::engine
