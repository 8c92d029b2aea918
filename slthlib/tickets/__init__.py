"""Tickets: the methods of the lottery ticket hypothesis, and linear models in which pruning can be proved."""

from importlib import import_module
from typing import Any

# Loaded on first use: a reader of the linear models should not wait for torch.
_MODULES = (
    "actions",
    "along",
    "arms",
    "binary",
    "bits",
    "controls",
    "criteria",
    "curves",
    "deconstruction",
    "drawing",
    "early_birds",
    "early_phase",
    "grid",
    "linear",
    "linear_laws",
    "linear_saliency",
    "nearest",
    "popup",
    "pruning",
    "recorded",
    "results",
    "rethinking",
    "retraining",
    "scores",
    "series",
    "stability",
    "stopping",
    "supermasks",
    "transfer",
    "widths",
)
_FUNCTIONS = {
    "binary_ticket": "binary",
    "compare_retraining": "retraining",
    "criterion": "criteria",
    "deconstruct": "deconstruction",
    "edge_popup": "popup",
    "hidden_accuracy": "grid",
    "iterative_pruning": "pruning",
    "keeps_down_to": "pruning",
    "learn_supermask": "supermasks",
    "linear_mode_connectivity": "stability",
}
__all__ = sorted({*_MODULES, *_FUNCTIONS})


def __getattr__(name: str) -> Any:
    if name in _FUNCTIONS:
        return getattr(import_module(f"{__name__}.{_FUNCTIONS[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return __all__
