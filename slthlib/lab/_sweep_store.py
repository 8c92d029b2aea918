"""The store of a sweep: one SQLite file, one row a cell.

One sweep at a time owns the file. SQLite locks it for as long as the connection lives, and the system releases the lock
however the process ends. A row is written whole or not at all, so a file is consistent after any interruption.
"""

import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

#: Tells our files from other SQLite files: "slth" in ASCII.
_APPLICATION = 0x736C7468
_VERSION = 1
_TABLE = """
create table cells (
    task text not null,      -- module:function
    code text not null,      -- digest of the task's code
    key text not null,       -- digest of the parameters and of the sweep's seed
    cell text not null,      -- the parameters, JSON
    seed integer not null,   -- what the task was given
    status text not null check (status in ('done', 'failed')),
    result text not null,    -- JSON: rows, or error and traceback
    seconds real not null,
    finished text not null,  -- UTC
    primary key (task, code, key)
) without rowid
"""
_SECONDS_BETWEEN_COMMITS = 0.25  # a commit waits for the disk; cells of microseconds should not


class Store:
    """The rows of one task in a file, which is created if need be.

    Parameters
    ----------
    path : path
        The file.
    task, code : str
        Whose rows.
    patience : float
        Seconds to wait for another sweep to finish with the file.
    """

    def __init__(self, path: str | Path, task: str, code: str, patience: float = 2.0) -> None:
        self._path, self._task, self._code = Path(path), task, code
        if not self._path.parent.is_dir():
            raise ValueError(f"store: expected a file in an existing folder, got {self._path}")
        if self._path.is_dir():
            raise ValueError(f"store: expected a file, got the folder {self._path}")
        try:
            self._connection = sqlite3.connect(self._path, timeout=patience, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise ValueError(f"store: cannot write {self._path}: {error}") from None
        try:
            self._claim()
        except sqlite3.OperationalError as error:
            self._connection.close()
            if "locked" in str(error):
                raise BlockingIOError(
                    f"store: another sweep is using {self._path}; wait for it, or give this one a file of its own"
                ) from None
            raise ValueError(f"store: cannot write {self._path}: {error}") from None
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise ValueError(f"store: expected a file that a sweep made, {self._path} is none ({error})") from None
        except BaseException:
            self._connection.close()
            raise
        self._settled, self._at = self._connection.total_changes, time.monotonic()

    def _claim(self) -> None:
        run = self._connection.execute
        # The lock that the first write takes stays until the connection is closed.
        run("pragma locking_mode = exclusive")
        run("begin exclusive")
        (application,), (version,) = run("pragma application_id").fetchone(), run("pragma user_version").fetchone()
        if not run("select count(*) from sqlite_master").fetchone()[0] and not application:
            run(_TABLE)
            run(f"pragma application_id = {_APPLICATION}")
            run(f"pragma user_version = {_VERSION}")
        elif application != _APPLICATION or version != _VERSION:
            raise ValueError(f"store: expected a file that a sweep of this version made, {self._path} is none")
        run("commit")
        run("begin")

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._connection.execute("commit")
        finally:
            self._connection.close()

    def done(self, keys: Iterable[str]) -> dict[str, str]:
        """Results of the cells among these that are done, by key."""
        found = self._connection.execute(
            "select key, result from cells where task = ? and code = ? and status = 'done'", (self._task, self._code)
        )
        wanted = set(keys)
        return {key: result for key, result in found if key in wanted}

    def of_other_code(self) -> int:
        """How many cells of this task were done by another version of it."""
        query = "select count(*) from cells where task = ? and code != ? and status = 'done'"
        return int(self._connection.execute(query, (self._task, self._code)).fetchone()[0])

    def put(self, key: str, cell: str, seed: int, ok: bool, result: str, seconds: float) -> None:
        """Write the row of a cell; a failure is replaced by what came later."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        row = (self._task, self._code, key, cell, seed, "done" if ok else "failed", result, seconds, now)
        self._connection.execute("insert or replace into cells values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        self.settle()

    def settle(self) -> None:
        """Put on the disk what was written, unless that was done a moment ago: then the next call does."""
        if self._connection.total_changes > self._settled and time.monotonic() - self._at > _SECONDS_BETWEEN_COMMITS:
            self.commit()

    def commit(self) -> None:
        """Put on the disk what was written."""
        self._connection.execute("commit")
        self._connection.execute("begin")
        self._settled, self._at = self._connection.total_changes, time.monotonic()
