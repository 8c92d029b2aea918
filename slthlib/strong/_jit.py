"""How a kernel of this room is compiled: as those of `slthlib.sums`, and again when a file of kernels here changes."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from slthlib.sums import _jit


def kernel(function: Callable[..., Any]) -> Any:
    """Compile ``function`` on its first call, with machine code on disk that is no older than any kernel's source."""
    compiled = _jit.kernel(function)
    kept = getattr(compiled._cache, "_cache_file", None)
    if kept is not None:
        kept._source_stamp = _sources_stamp()
    return compiled


@cache
def _sources_stamp() -> str:
    here = Path(__file__).parent
    sources = sorted([*here.glob("_*.py"), *(here.parent / "sums").glob("_*.py")])
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()
