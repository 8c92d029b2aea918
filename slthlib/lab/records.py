"""Recorded results: a small payload (CSV, JSON, or arrays as npz), and its provenance in a neighbour file.

``gap.csv`` holds the numbers and nothing else, so that two runs can be compared byte for byte; ``gap.provenance.json``
says which command, code, lock, seed and machine made it, when and in what time, and carries the payload's sha256, so
that a number edited by hand is found out when it is read. No pickle anywhere.
"""

import csv
import hashlib
import json
import operator
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from slthlib.lab import _arrays, _payload
from slthlib.lab._provenance import Clock, code_of, files_of, gather
from slthlib.lab._unfinished import Unfinished

if TYPE_CHECKING:
    import pandas

__all__ = ["Clock", "Record", "Recorder", "read", "recording", "write"]

_LIMIT = 32 * 2**20
_KINDS = (".csv", ".json", ".npz")


@dataclass(frozen=True, eq=False)
class Record:
    """A recorded result, verified against its provenance.

    ``record["name"]`` is a column of a CSV record, an array of an npz record or an entry of a JSON record.

    Parameters
    ----------
    path : Path
        The payload's file.
    columns : dict from str to ndarray
        Columns of a CSV record, shape (rows,) each, or arrays of an npz record; read-only. Empty for JSON.
    object : object
        Value of a JSON record, else None.
    provenance : dict
        What the neighbour file says.

    Notes
    -----
    Used in: no chapter.
    """

    path: Path
    columns: dict[str, NDArray[Any]]
    object: Any
    provenance: dict[str, Any]

    def __getitem__(self, name: Any) -> Any:
        return self.columns[name] if self.object is None else self.object[name]


class Recorder:
    """What `recording` hands out: ``save`` writes the result; ``sweep`` and ``part`` keep what a long run has finished.

    Parameters
    ----------
    path : path
        The payload's file.
    about : dict
        Keyword arguments of `write`.

    Notes
    -----
    Used in: no chapter.
    """

    def __init__(self, path: str | Path, about: dict[str, Any]) -> None:
        self.path = Path(path)
        self.saved = False
        self._about = about
        self._unfinished: Unfinished | None = None
        self._store: Path | None = None

    def part(self, name: str, compute: Callable[[], Any]) -> Any:
        """Value of one part of the run (JSON), computed unless a run of the same code that was stopped left it."""
        if self._unfinished is None:
            code = code_of(self.path.resolve().parent, self._about["sources"])
            self._unfinished = Unfinished(self.path, f"{code} {self._about['seed']}")
            if self._unfinished.found:
                _say(f"{self.path.name}: going on after {self._unfinished.found} finished parts")
        return self._unfinished.part(name, compute)

    def sweep(self, task: Callable[..., Any], grid: Any) -> "pandas.DataFrame":
        """Rows of a task over a grid, as `slthlib.lab.sweep` has them; a run that was stopped goes on where it was.

        The task draws from the seed of the run, which it takes from the script, unless it wants one for each cell.
        """
        from slthlib.lab.sweeps import sweep  # brings in SQLite and processes

        files, seed = files_of(self._about["sources"]), self._about["seed"]
        self._store = self.path.with_name(self.path.name + ".sweep.unfinished")
        return sweep(task, grid, store=self._store, seed=0 if seed is None else seed, sources=files)

    def save(self, value: Any) -> Record:
        """Write the result with the time spent so far, and read it back; the last call counts."""
        write(self.path, value, **self._about)
        self.saved = True
        if self._unfinished:
            self._unfinished.forget()
        if self._store:
            self._store.unlink()
        return read(self.path)


@contextmanager
def recording(
    path: str | Path,
    *,
    command: str,
    seed: Any,
    sources: Iterable[str | Path] = (),
    data: Mapping[str, Any] | None = None,
) -> Iterator[Recorder]:
    """Time a run and record its result: the convenient form of `write`. Says first how long the last run took.

    Processor time includes that of child processes that have ended, so close a pool before saving.

    Parameters
    ----------
    path : path
        The payload's file, ``.csv``, ``.json`` or ``.npz``.
    command : str
        What to type, in the top folder of the project, to make the result again.
    seed : int, sequence of int or None
        Seed of the run; None for a run without randomness.
    sources : iterable of path
        Source files of the run outside the library, such as the script itself (``__file__``).
    data : mapping, optional
        What the run was made from, by name, such as the ``fingerprint`` of a data set.

    Yields
    ------
    Recorder
        Call its ``save(table)``.

    Notes
    -----
    Used in: no chapter.
    """
    sources = tuple(sources)
    _check(Path(path), command, seed, sources)  # wrong arguments are found before the long run, not after it
    about = {"command": command, "seed": seed, "sources": sources, "data": data, "started": Clock.now()}
    recorder = Recorder(path, about)
    _say(f"{Path(path).name}: {_last_time(Path(path))}")
    yield recorder
    if not recorder.saved:
        raise RuntimeError(f"recording {path}: expected a call of save(...) before the end, got none")


def write(
    path: str | Path,
    value: Any,
    *,
    command: str,
    seed: Any,
    sources: Iterable[str | Path] = (),
    data: Mapping[str, Any] | None = None,
    started: Clock | None = None,
) -> None:
    """Write a result and its provenance.

    Parameters
    ----------
    path : path
        The payload's file; its ending chooses the format. The provenance goes to ``<stem>.provenance.json`` beside it.
    value : mapping or object
        For ``.csv``: columns of one length by name, each of integers, floats, strings or booleans.
        For ``.json``: numbers, strings, lists and dictionaries; arrays become lists.
        For ``.npz``: arrays of numbers or booleans by name.
    command : str
        What to type, in the top folder of the project, to make the result again.
    seed : int, sequence of int or None
        Seed of the run; None for a run without randomness.
    sources : iterable of path
        Source files of the run outside the library. The code digest covers them and the library's loaded modules.
    data : mapping, optional
        What the run was made from, by name, such as the ``fingerprint`` of a data set.
    started : Clock or None
        ``Clock.now()`` at the start of the run; None records no times.

    Notes
    -----
    Used in: no chapter.
    """
    target, sources = Path(path), tuple(sources)
    seed = _check(target, command, seed, sources)
    if started is not None and not isinstance(started, Clock):
        raise TypeError(f"started: expected a Clock or None, got {type(started).__name__}")
    about: dict[str, Any] = {"payload": target.name}
    if target.suffix == ".csv":
        payload, about["columns"] = _payload.to_csv(value)
    elif target.suffix == ".npz":
        payload = _arrays.to_npz(value)
    else:
        payload = _payload.to_json(value)
    if len(payload) > _LIMIT:
        raise ValueError(f"value: expected at most 32 MB ({_LIMIT} bytes) as text, got {len(payload)} bytes")
    about |= {"sha256": hashlib.sha256(payload).hexdigest(), "bytes": len(payload)}
    about |= gather(target.resolve().parent, command, seed, sources, started)
    if data:
        about["data"] = dict(data)
    # Not sorted: the order of the columns is part of the table.
    provenance = json.dumps(about, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    _replace(target, payload)
    _replace(_provenance_path(target), provenance.encode("utf-8"))


def read(path: str | Path) -> Record:
    """Read a result that `write` made, and verify it.

    Parameters
    ----------
    path : path
        The payload's file.

    Returns
    -------
    Record
        The result and its provenance.

    Raises
    ------
    ValueError
        If the provenance is missing or unreadable, the payload is not the one it describes (somebody edited it), or
        a file is larger than 32 MB.

    Notes
    -----
    Used in: tickets/pruning, tickets/existence, tickets/supermasks, tickets/hidden, sums/partition, sums/constrained,
    sums/quantized, strong/pruning_is_all, strong/quantized, strong/bits, appendix/certificates, back/benchmarks.
    """
    target = Path(path)
    _check_name(target)
    payload = _bounded(target)
    neighbour = _provenance_path(target)
    if not neighbour.is_file():
        raise ValueError(f"{target}: expected its provenance in {neighbour.name}, got no such file")
    try:
        provenance = _payload.from_json(_bounded(neighbour))
        name, digest = provenance["payload"], provenance["sha256"]
        columns = {str(name): str(kind) for name, kind in provenance.get("columns", {}).items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{neighbour}: expected a provenance that write() made, got {error!r}") from None
    found = hashlib.sha256(payload).hexdigest()
    if name != target.name or digest != found:
        raise ValueError(
            f"{target}: expected the payload {name} with sha256 {digest}, got {found}; "
            "a recorded result is never edited by hand: make it again with its command"
        )
    try:
        if target.suffix == ".csv":
            return Record(target, _payload.from_csv(payload, columns), None, provenance)
        if target.suffix == ".npz":
            return Record(target, _arrays.from_npz(payload), None, provenance)
        return Record(target, {}, _payload.from_json(payload), provenance)
    except (ValueError, KeyError, OverflowError, csv.Error, BadZipFile) as error:
        raise ValueError(f"{target}: expected a payload that write() made, got {error!r}") from None


def _check(path: Path, command: str, seed: Any, sources: tuple[str | Path, ...]) -> Any:
    """Refuse wrong arguments of `write`, and return the seed as JSON can hold it."""
    _check_name(path)
    if not path.parent.is_dir():
        raise ValueError(f"path: expected an existing folder, got {path.parent}")
    if not isinstance(command, str):
        raise TypeError(f"command: expected a string, got {type(command).__name__}")
    if not command.strip():
        raise ValueError(f"command: expected what to type, got {command!r}")
    for twin in sorted(set(_KINDS) - {path.suffix}):
        if path.with_suffix(twin).exists():
            raise ValueError(f"path: expected a stem of its own, got {path.name} beside {path.with_suffix(twin).name}")
    for source in sources:
        if not Path(source).is_file():
            raise ValueError(f"sources: expected existing files, got {source}")
    if seed is None:
        return None
    several = isinstance(seed, list | tuple | np.ndarray)
    if any(isinstance(one, bool | np.bool_) for one in (seed if several else [seed])):
        raise TypeError(f"seed: expected an integer, integers or None, got {seed!r}")
    try:
        return [operator.index(one) for one in seed] if several else operator.index(seed)
    except TypeError:
        raise TypeError(f"seed: expected an integer, integers or None, got {seed!r}") from None


def _check_name(path: Path) -> None:
    if path.suffix not in _KINDS or path.name.endswith(".provenance.json"):
        raise ValueError(f"path: expected a name ending in {', '.join(_KINDS)}, got {path.name}")


def _last_time(path: Path) -> str:
    try:
        about = read(path).provenance
        seconds, machine = float(about["wall_seconds"]), about["hardware"]
        return f"the last run took {seconds:.0f} s on {machine['cores']} cores"
    except (ValueError, TypeError, KeyError, OSError):
        return "no earlier run says how long it takes"


def _say(line: str) -> None:
    if sys.stderr is not None:
        print(line, file=sys.stderr, flush=True)


def _provenance_path(path: Path) -> Path:
    return path.with_suffix(".provenance.json")


def _bounded(path: Path) -> bytes:
    """Content of a file, unless it is too large to be a record: looked at before anything is allocated."""
    size = path.stat().st_size
    if size > _LIMIT:
        raise ValueError(f"{path}: expected at most 32 MB ({_LIMIT} bytes), got {size} bytes")
    return path.read_bytes()


def _replace(path: Path, content: bytes) -> None:
    """Write at once: an interrupted run leaves the old file, never half of a new one."""
    draft = path.with_name(path.name + ".draft")
    draft.write_bytes(content)
    os.replace(draft, path)
