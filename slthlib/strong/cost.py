"""What a strong ticket costs: random weights, units, subset sums, bits of its mask."""

from dataclasses import dataclass

__all__ = ["Cost"]


@dataclass(frozen=True)
class Cost:
    """The price of a ticket beyond the dense and convolutional ones.

    Parameters
    ----------
    parameters : int
        Random weights of the whole network: all entries of its matrices and kernels.
    units : int
        Neurons, or channels, of its hidden layers.
    solves : int
        Weights, or binary digits of weights, that had to be found.
    mask_bits : int
        Bits of the mask that are free: connections among which a search may choose.
    kept : int
        How many of these connections the mask keeps.

    Notes
    -----
    Used in: no chapter.
    """

    parameters: int
    units: int
    solves: int
    mask_bits: int
    kept: int
