"""What a sweep runs: which task it is, a cell's key and seed, and one call of the task, result and failure as text."""

import ast
import hashlib
import inspect
import json
import math
import sys
import textwrap
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

from slthlib.lab._essence import digest, essence

Cell = dict[str, Any]
#: Keys and seeds depend on this number; it changes when the way to derive them does.
_EDITION = 1


def check_task(task: Any, cells: Iterable[Cell]) -> None:
    """Refuse what another process could not find by its name, or what does not take the cells."""
    if not isinstance(task, FunctionType):
        raise TypeError(f"task: expected a function, got {task!r}")
    found: Any = sys.modules.get(task.__module__)
    for part in task.__qualname__.split("."):
        found = getattr(found, part, None)
    if found is not task:
        raise ValueError(
            f"task: expected a function at the top of a module, got {task.__qualname__}; "
            "what it needs from around it goes into the grid"
        )
    parameters = inspect.signature(task)
    for cell in cells:
        try:
            parameters.bind(seed=0, **cell)
        except TypeError as error:
            raise TypeError(f"task: expected it to take seed and {', '.join(cell)}, but {error}") from None


def identity(task: Callable[..., Any], sources: Iterable[str | Path]) -> tuple[str, str]:
    """The task's name, and a digest of its code: of all that its module defines and it uses, and of the sources."""
    module = sys.modules[task.__module__]
    file = getattr(module, "__file__", None)
    # A script is the same task whether it is run or imported.
    name = Path(file).stem if task.__module__ in ("__main__", "__mp_main__") and file else task.__module__
    try:
        code = inspect.getsource(inspect.unwrap(task))
        whole = inspect.getsource(module) if file else code
    except (OSError, TypeError):
        raise ValueError(f"task: expected a function whose source can be read, got {task.__qualname__}") from None
    parts = [essence(one) for one in _reached(ast.parse(textwrap.dedent(whole)), task.__qualname__.partition(".")[0])]
    for source in sources:
        if not Path(source).is_file():
            raise ValueError(f"sources: expected existing files, got {source}")
        parts.append(digest(Path(source).resolve()))
    return f"{name}:{task.__qualname__}", hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _reached(tree: ast.Module, first: str) -> list[ast.Module]:
    """The statements of a module that define a name or anything that it leads to, in their order."""
    named = [(_defined(one), one) for one in tree.body]
    wanted, waiting = {"*"}, {first}  # what an import of everything brings is not told here, so it counts
    while waiting:
        name = waiting.pop()
        wanted.add(name)
        for defined, one in named:
            if name in defined:
                waiting |= {node.id for node in ast.walk(one) if isinstance(node, ast.Name)} - wanted
    return [ast.Module([one], []) for defined, one in named if defined & wanted]


def _defined(one: ast.stmt) -> set[str]:
    """Names that a statement gives to a module."""
    if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {one.name}
    if isinstance(one, ast.If) and "__main__" in ast.dump(one.test):
        return set()  # what only the calling script runs, such as the grid
    names = {node.id for node in ast.walk(one) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    names |= {(node.asname or node.name).partition(".")[0] for node in ast.walk(one) if isinstance(node, ast.alias)}
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return names | {node.name for node in ast.walk(one) if isinstance(node, definitions)}


def cells_of(grid: Any) -> list[Cell]:
    """The cells of a grid in its order, each as JSON gives it back, checked."""
    if isinstance(grid, Mapping):
        axes = {}
        for name, values in grid.items():
            if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
                raise TypeError(f"grid: expected a list of values for {name}, got {values!r}")
            axes[name] = list(values)
            if not axes[name]:
                raise ValueError(f"grid: expected at least one value for {name}, got none")
        rows = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    elif isinstance(grid, Iterable) and not isinstance(grid, str | bytes):
        rows = list(grid)
    else:
        raise TypeError(f"grid: expected a dict of lists or a list of dicts, got {type(grid).__name__}")
    if not rows:
        raise ValueError("grid: expected at least one cell, got none")
    cells, seen = [], set()
    for row in rows:
        if not isinstance(row, Mapping):
            raise TypeError(f"grid: expected a dict for each cell, got {row!r}")
        for name in row:
            if not isinstance(name, str) or not name.isidentifier():
                raise ValueError(f"grid: expected names of arguments, got {name!r}")
            if name == "seed":
                raise ValueError("grid: seed is the name of what the sweep passes; call yours otherwise, such as draw")
        try:
            text = json.dumps({name: plain(value) for name, value in row.items()}, allow_nan=False)
        except ValueError as error:
            raise ValueError(f"grid: expected finite numbers, text, booleans, None and lists, got {row!r}") from error
        except TypeError as error:
            raise TypeError(f"grid: expected numbers, text, booleans, None and lists, got {row!r}: {error}") from None
        cell = json.loads(text)
        if (name := canonical(cell)) in seen:
            raise ValueError(f"grid: expected cells that differ, got {name} twice")
        seen.add(name)
        cells.append(cell)
    return cells


def canonical(cell: Cell) -> str:
    """One text for a cell, in whichever order its parameters come."""
    return json.dumps(cell, sort_keys=True, separators=(",", ":"), allow_nan=False)


def key_and_seed(cell: Cell, seed: int) -> tuple[str, int]:
    """The key of a cell and its seed of 63 bits: of its content and the sweep's seed, and of nothing else."""
    text = f"{_EDITION} {seed} {canonical(cell)}"
    key = hashlib.sha256(text.encode()).hexdigest()
    return key, int.from_bytes(hashlib.sha256(f"seed {text}".encode()).digest()[:8], "big") >> 1


def plain(value: Any) -> Any:
    """A value in the types of JSON: numbers, text, booleans, None, and lists of these."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} is not one of these")


def call(task: Callable[..., Any], cell: Cell, seed: int) -> tuple[bool, str, float]:
    """Call a task: whether it succeeded, its rows as JSON or its failure, and the seconds it took."""
    start = time.perf_counter()
    try:
        text = _rows(task(seed=seed, **cell), cell)
        return True, text, time.perf_counter() - start
    except Exception as error:
        where = "".join(traceback.format_exception(error, limit=-3))
        message = json.dumps({"error": f"{type(error).__name__}: {error}", "traceback": where})
        return False, message, time.perf_counter() - start


def _rows(result: Any, cell: Cell) -> str:
    rows = [result] if isinstance(result, Mapping) else result
    if not isinstance(rows, list | tuple) or not rows or not all(isinstance(row, Mapping) for row in rows):
        raise TypeError(f"the task: expected it to return a dict or a list of dicts, got {type(result).__name__}")
    for name in {name for row in rows for name in row}:
        if not isinstance(name, str) or name in cell or name == "seed":
            raise ValueError(f"the task: expected names of results that are not those of parameters, got {name!r}")
    return json.dumps([{name: _boxed(plain(value)) for name, value in row.items()} for row in rows], allow_nan=False)


def _boxed(value: Any) -> Any:
    """JSON has no infinity and no nan: they are stored as ``{"float": "inf"}``, which no other value looks like."""
    if isinstance(value, list):
        return [_boxed(one) for one in value]
    return {"float": repr(value)} if isinstance(value, float) and not math.isfinite(value) else value


def rows_from(text: str) -> list[dict[str, Any]]:
    """The rows that `call` made."""
    return [{name: _unboxed(value) for name, value in row.items()} for row in json.loads(text)]


def _unboxed(value: Any) -> Any:
    if isinstance(value, list):
        return [_unboxed(one) for one in value]
    return float(value["float"]) if isinstance(value, dict) else value
