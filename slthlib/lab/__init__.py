"""What the rooms stand on: recorded results, statistics, figures.

``slthlib.lab.figures``
    One style for every figure of the book.
``slthlib.lab.records``
    Results of long runs, each with its provenance.
``slthlib.lab.statistics``
    Confidence intervals and comparisons with a law.
"""

from importlib import import_module
from types import ModuleType

__all__ = ["figures", "records", "statistics"]

# Loaded on first use: figures brings in matplotlib and statistics SciPy, and a reader of one should not wait for both.
_MODULES = ("figures", "records", "statistics")


def __getattr__(name: str) -> ModuleType:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; its modules are {', '.join(_MODULES)}")


def __dir__() -> list[str]:
    return sorted(__all__)
