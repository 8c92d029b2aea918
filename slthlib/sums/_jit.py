"""How a kernel is compiled: cached on disk, without the interpreter lock, and saying so when it takes a while."""

import hashlib
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba


def kernel(function: Callable[..., Any]) -> Any:
    """Compile ``function`` on its first call; keep the machine code on disk where the cache can be written.

    Kernels wrap silently on overflow and do not check bounds: whoever calls them has checked. Their indices are
    unsigned where it matters, since numba adds a wrap-around test to each signed one.
    """
    try:
        compiled: Any = numba.njit(cache=True, nogil=True, boundscheck=False)(function)
    except RuntimeError:  # numba found no folder it may write to: compile in every process instead
        return numba.njit(nogil=True, boundscheck=False)(function)
    # numba forgets machine code when the kernel's own file changes, but keeps it when a kernel in another file that
    # was compiled into it does. The stamp makes it look at all of them; the tests hold numba to this.
    compiled._cache._cache_file._source_stamp = _sources_stamp()
    return compiled


@cache
def _sources_stamp() -> str:
    sources = sorted(Path(__file__).parent.glob("_*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


_announced: set[int] = set()


def announce_compiling(compiled: Any) -> None:
    """On a terminal, say that the first call compiles; in scripts and notebooks stay silent."""
    if id(compiled) in _announced:
        return
    _announced.add(id(compiled))
    if compiled.signatures or sys.stderr is None or not sys.stderr.isatty():
        return
    kept = getattr(compiled._cache, "_cache_file", None)  # without a folder to write to there is none
    if kept is None or not kept._load_index():
        print("slthlib: compiling the solver (once, a few seconds) ...", file=sys.stderr, flush=True)
