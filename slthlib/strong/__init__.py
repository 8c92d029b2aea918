"""Strong: tickets that are found and never trained, and the theorems on how much randomness they take.

``slthlib.strong.embed``
    Find a network inside a random one, exactly on a grid, and run it.
``slthlib.strong.embed_residual``, ``embed_attention``, ``embed_chain``
    The same for residual blocks, for heads of attention, and by doubling where all random weights are signs.
``slthlib.strong.laws``
    How many candidates it takes, by the law: one solve, a whole network.
``slthlib.strong.bounds``
    What each theorem asks of a network: widths and parameters, lower bounds by counting, the spreading of errors.
``slthlib.strong.recorded``
    The record of the phase transition, read back.
``slthlib.strong.bits``
    What a ticket costs on disk, part by part.
``slthlib.strong.sparsity``, ``slthlib.strong.sparsity_laws``
    Tickets that keep few connections: sums of exactly so many items, and what they take.
``slthlib.strong.choosing``
    A ticket without a target: units of a random layer, chosen one by one.
"""

from importlib import import_module
from typing import Any

__all__ = [
    "AttentionTarget",
    "AttentionTicket",
    "Cost",
    "Plan",
    "Quantized",
    "ResidualTicket",
    "SignChain",
    "SignCosts",
    "StrongTicket",
    "Target",
    "TargetLayer",
    "bits",
    "bounds",
    "chain_copies",
    "choosing",
    "compare",
    "compare_sign_costs",
    "embed",
    "embed_attention",
    "embed_chain",
    "embed_residual",
    "laws",
    "merge_heads",
    "quantize",
    "read_target",
    "recorded",
    "sparsity",
    "sparsity_laws",
    "to_torch",
]

_MODULES = ("bits", "bounds", "choosing", "laws", "recorded", "sparsity", "sparsity_laws")
_FUNCTIONS = {
    "AttentionTarget": "attention_target",
    "AttentionTicket": "attention_ticket",
    "Cost": "cost",
    "Plan": "planning",
    "Quantized": "quantizing",
    "ResidualTicket": "residual",
    "SignChain": "chain",
    "SignCosts": "chain_costs",
    "StrongTicket": "ticket",
    "Target": "targets",
    "TargetLayer": "targets",
    "chain_copies": "chain_costs",
    "compare": "comparing",
    "compare_sign_costs": "chain_costs",
    "embed": "embedding",
    "embed_attention": "attention",
    "embed_chain": "chain",
    "embed_residual": "residual",
    "merge_heads": "attention_target",
    "quantize": "quantizing",
    "read_target": "targets",
    "to_torch": "export",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _FUNCTIONS:
        return getattr(import_module(f"{__name__}.{_FUNCTIONS[name]}"), name)
    known = ", ".join((*_MODULES, *_FUNCTIONS))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; its modules and functions are {known}")


def __dir__() -> list[str]:
    return sorted(__all__)
