"""What each theorem asks of a network: widths, parameters, items; lower bounds by counting; the spreading of errors.

Describe a target with `network`, then ask one theorem (`malach`, `pensia`, `natale`, `kumar_products`,
`single_weights`, `coprime_products`, `counting`, ...) or all of them with `table`. Each answers with a `Requirement`.
Constants that a paper leaves open are arguments, and without them a row says why it has no number.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "_banks": ("Bookkeeping", "alive_share", "bank_units", "bookkeeping"),
    "_beyond": ("Attention", "da_cunha", "ferbach", "otsuka"),
    "_binary": ("diffenderfer", "sreenivasan"),
    "_checks": ("HypothesisError",),
    "_coprime": ("coprime_failure", "coprime_share"),
    "_counting": ("counting", "items_by_counting", "mask_bits", "permutation_bits"),
    "_entropy": ("binary_entropy", "least_density"),
    "_half_range": ("half_range_failure",),
    "_items": ("items_needed", "solve_failure"),
    "_logarithmic": ("burkholz", "pensia", "pensia_experiment", "pensia_lower"),
    "_modular": ("modular",),
    "_network": ("Layer", "NetworkShape"),
    "_parity": ("network_parity_failure", "parity", "valuation_failure"),
    "_polynomial": ("malach", "orseau"),
    "_products": ("coprime_products", "sharp_products"),
    "_propagation": ("error_propagation", "tolerance_needed"),
    "_quantized": ("kumar_copies", "kumar_lower", "kumar_products"),
    "_reading": ("network",),
    "_records": ("Requirement",),
    "_sharp_products": ("product_failure",),
    "_signs": ("one_sign",),
    "_single": ("copies", "single_weights"),
    "_sparse": ("natale", "natale_items", "natale_lower"),
    "_tables": ("frame", "table"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; its names are {', '.join(__all__)}")


def __dir__() -> list[str]:
    return list(__all__)
