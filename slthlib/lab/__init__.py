"""What the rooms stand on: data, sweeps, recorded results, statistics, figures.

``slthlib.lab.data``
    Data sets, generated or read from checked files: ``slthlib.lab.load``.
``slthlib.lab.figures``
    One style for every figure of the book.
``slthlib.lab.records``
    Results of long runs, each with its provenance.
``slthlib.lab.statistics``
    Confidence intervals and comparisons with a law.
``slthlib.lab.sweeps``
    One task over a grid, in parallel and resumable: ``slthlib.lab.sweep``.
"""

from importlib import import_module
from typing import Any

__all__ = ["data", "figures", "load", "records", "statistics", "sweep", "sweeps"]

# Loaded on first use: figures brings in matplotlib and statistics SciPy, and a reader of one should not wait for both.
_MODULES = ("data", "figures", "records", "statistics", "sweeps")
_FUNCTIONS = {"load": "data", "sweep": "sweeps"}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _FUNCTIONS:
        return getattr(import_module(f"{__name__}.{_FUNCTIONS[name]}"), name)
    known = ", ".join((*_MODULES, *_FUNCTIONS))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; its modules and functions are {known}")


def __dir__() -> list[str]:
    return sorted(__all__)
