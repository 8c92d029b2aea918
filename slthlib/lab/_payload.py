"""The two payload formats of a recorded result, with bytes that depend on the values alone."""

import csv
import io
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KINDS = {bool: "bool", int: "int64", float: "float64", str: "str"}
_READERS: dict[str, Callable[[str], Any]] = {
    "bool": {"true": True, "false": False}.__getitem__,
    "int64": int,
    "float64": float,
    "str": str,
}
# A csv reader refuses longer fields, so such a record could be written and never read.
_LONGEST_TEXT = 100_000


def to_csv(table: Any) -> tuple[bytes, dict[str, str]]:
    r"""Lay out columns as CSV: a header, ``\n`` line ends, floats by ``repr``, columns in the order given.

    Parameters
    ----------
    table : mapping from str to 1-D sequence
        Columns of one length, each of integers, floats, strings or booleans.

    Returns
    -------
    payload : bytes
        The file, UTF-8.
    kinds : dict from str to str
        Type of each column, which the text alone does not tell (is "1" a string?).
    """
    if not (isinstance(table, Mapping) or (hasattr(table, "keys") and hasattr(table, "__getitem__"))):
        raise TypeError(f"table: expected a mapping from column names to columns, got {type(table).__name__}")
    columns, kinds = {}, {}
    for name in table.keys():  # noqa: SIM118 - iterating a data frame gives its keys, a general mapping may differ
        if not isinstance(name, str):
            raise TypeError(f"table: expected column names that are strings, got {name!r}")
        columns[name], kinds[name] = _column(name, table[name])
    lengths = {name: len(column) for name, column in columns.items()}
    if not columns or max(lengths.values()) == 0:
        raise ValueError(f"table: expected at least one column and one row, got lengths {lengths}")
    if len(set(lengths.values())) > 1:
        raise ValueError(f"table: expected columns of one length, got {lengths}")
    header = [_quoted(_checked_text("column name", name)) for name in columns]
    lines = [",".join(cells) for cells in (header, *zip(*columns.values(), strict=True))]
    return ("\n".join(lines) + "\n").encode("utf-8"), kinds


def from_csv(payload: bytes, kinds: dict[str, str]) -> dict[str, NDArray[Any]]:
    """Columns of a payload that `to_csv` made, as read-only arrays of shape (rows,)."""
    header, *rows = csv.reader(io.StringIO(payload.decode("utf-8"), newline=""))
    if header != list(kinds) or any(len(row) != len(header) for row in rows):
        raise ValueError(f"columns: expected {list(kinds)} in every row, got {header}")
    columns = {}
    for position, (name, kind) in enumerate(kinds.items()):
        if kind not in _READERS:
            raise ValueError(f"column {name!r}: expected one of the types {sorted(_READERS)}, got {kind!r}")
        columns[name] = np.array([_READERS[kind](row[position]) for row in rows], dtype=kind)
        columns[name].flags.writeable = False
    return columns


def to_json(value: Any) -> bytes:
    """Lay out a value as JSON: sorted keys, indent 1, a newline at the end; arrays become lists, NaN is refused."""
    _check_keys(value)
    try:
        text = json.dumps(value, sort_keys=True, indent=1, allow_nan=False, ensure_ascii=False, default=_plain)
    except ValueError as error:
        raise ValueError(f"obj: expected finite numbers and no cycles, got {error}") from None
    return (text + "\n").encode("utf-8")


def from_json(payload: bytes) -> Any:
    """The value of a JSON payload; NaN and infinities, which are not JSON, are refused."""

    def refuse(constant: str) -> Any:
        raise ValueError(f"expected JSON, got {constant}")

    try:
        return json.loads(payload.decode("utf-8"), parse_constant=refuse)
    except RecursionError:
        raise ValueError("expected JSON of moderate depth, got one nested too deeply") from None


def _column(name: str, column: Any) -> tuple[list[str], str]:
    """The cells of a column as text, and its type."""
    if isinstance(column, str | bytes) or not hasattr(column, "__len__") or np.ndim(column) != 1:
        raise ValueError(f"column {name!r}: expected one axis of values, got {type(column).__name__}")
    # Plain Python values one by one: asarray would turn [1, "a"] into strings and [2**63, -1] into floats, silently.
    values = [value.item() if isinstance(value, np.generic) else value for value in column]
    kinds = {type(value) for value in values}
    if kinds == {int, float}:
        if any(type(value) is int and abs(value) > 2**53 for value in values):
            raise ValueError(f"column {name!r}: expected integers up to 2^53 among floats, got {max(values, key=abs)}")
        values, kinds = [float(value) for value in values], {float}
    kind = kinds.pop() if len(kinds) == 1 else None
    if values and kind not in _KINDS:
        seen = sorted({type(value).__name__ for value in values})
        raise TypeError(f"column {name!r}: expected all integers, floats, strings or booleans, got {', '.join(seen)}")
    if kind is int and (min(values) < -(2**63) or max(values) >= 2**63):
        raise ValueError(f"column {name!r}: expected integers of 64 bits, got {max(values, key=abs)}; use strings")
    if kind is float and any(math.isnan(value) for value in values):
        raise ValueError(
            f"column {name!r}: expected numbers, got NaN in row {[math.isnan(v) for v in values].index(True)}"
        )
    if kind is bool:
        return ["true" if value else "false" for value in values], "bool"
    if kind is str:
        return [_quoted(_checked_text(f"column {name!r}", value)) for value in values], "str"
    return [repr(value) for value in values], _KINDS.get(kind, "str") if kind else "str"


def _checked_text(what: str, text: str) -> str:
    """The text, unless a file or an array would give back another one."""
    if "\0" in text or len(text) > _LONGEST_TEXT:
        raise ValueError(f"{what}: expected at most {_LONGEST_TEXT} characters and no NUL, got {text[:40]!r}...")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{what}: expected text that UTF-8 can hold, got {text[:40]!r}") from None
    return text


def _quoted(text: str) -> str:
    """A CSV cell: ours, since csv.writer leaves a lone carriage return bare in some versions of Python."""
    return '"' + text.replace('"', '""') + '"' if not text or any(mark in text for mark in ',"\r\n') else text


def _plain(value: Any) -> Any:
    """What json cannot write by itself: NumPy's arrays and scalars."""
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufU":
        return value.tolist()
    raise TypeError(f"obj: expected numbers, strings, lists and dictionaries, got {type(value).__name__}")


def _check_keys(value: Any) -> None:
    """Refuse keys that are not strings (json would turn 1 into "1") and text that UTF-8 cannot hold."""
    pending = [value]
    seen = set()
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            try:
                value.encode("utf-8")
            except UnicodeEncodeError:
                raise ValueError(f"obj: expected text that UTF-8 can hold, got {value[:40]!r}") from None
        elif isinstance(value, dict | list | tuple) and id(value) not in seen:
            seen.add(id(value))  # a cycle must not hang the check; json names it later
            if isinstance(value, dict):
                wrong = [key for key in value if not isinstance(key, str)]
                if wrong:
                    raise TypeError(f"obj: expected keys that are strings, got {wrong[0]!r}")
                pending.extend(value)
                pending.extend(value.values())
            else:
                pending.extend(value)
