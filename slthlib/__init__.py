"""Lottery tickets, random subset sums and quantized strong tickets.

The library is a house of rooms. Each loads on first use, so that ``import slthlib`` stays instant:

``slthlib.sums``
    Number partitioning and subset sums: exact solvers, and the laws they are held against.
``slthlib.nets``
    Networks with a leading replica axis, masks, and training (torch).
``slthlib.tickets``
    The methods of the lottery ticket hypothesis, and linear models in which pruning can be proved.
``slthlib.strong``
    Strong tickets: found inside random networks, never trained; the theorems and laws on how much that takes.
``slthlib.lab``
    What the rooms stand on: data, sweeps, records with provenance, statistics, figures.
"""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"
__all__ = ["__version__", "lab", "nets", "strong", "sums", "tickets"]

_ROOMS = ("lab", "nets", "strong", "sums", "tickets")


def __getattr__(name: str) -> ModuleType:
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; its rooms are {', '.join(_ROOMS)}")


def __dir__() -> list[str]:
    return sorted(__all__)
