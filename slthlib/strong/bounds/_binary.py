"""Sources of weights +-1 only."""

import math

from slthlib.strong.bounds._checks import constant, tolerance
from slthlib.strong.bounds._network import NetworkShape
from slthlib.strong.bounds._records import Requirement, Theorem, plain_dense

__all__ = ["diffenderfer", "sreenivasan"]


DIFFENDERFER = Theorem(
    "Diffenderfer and Kailkhura 2021",
    "diffenderfer2021multi",
    "cited as quoted by Kumar and Natale 2025",
    "enough",
    False,
    "A random network of binary weights and of width of order l d^(3/2)/eps + l d log(l d/eps) contains, after "
    "pruning, a network within eps of the target.",
)
SREENIVASAN = Theorem(
    "Sreenivasan et al. 2022",
    "sreenivasan2022finding",
    "cited as quoted by Kumar and Natale 2025",
    "enough",
    False,
    "A random network of weights +-1, of depth of order l log(d l/eps) and width of order d log^2(d l/eps), contains, "
    "after pruning, a network within eps of the target.",
)


def diffenderfer(network: NetworkShape, *, eps: float, C_width: float | None = None) -> Requirement:
    """Diffenderfer and Kailkhura 2021: binary weights, width O(l d**(3/2)/eps + l d log(l d/eps)).

    Trust level: cited, as quoted by Kumar and Natale 2025. The depth of their network is not in the quotation, so
    there is no parameter count.

    Parameters
    ----------
    network : NetworkShape
        The target, of width d and depth l.
    eps : float
        Accuracy, in (0, 1).
    C_width : float, optional
        Constant in front of the width, with the natural logarithm.

    Returns
    -------
    Requirement
        Without a number where the constant is not given.

    Used in: strong/beyond_dense.
    """
    accuracy, width = tolerance(eps), constant("C_width", C_width)
    dense = plain_dense(network)
    if width is None:
        return DIFFENDERFER.asks(network, checked=dense, reason="only the order is known; give C_width")
    d, l = network.width, network.depth  # noqa: E741 - the letters of the page
    hidden = math.ceil(width * (l * d**1.5 / accuracy + l * d * math.log(l * d / accuracy)))
    return DIFFENDERFER.asks(network, widths=(hidden,) * l, checked=dense)


def sreenivasan(
    network: NetworkShape, *, eps: float, C_depth: float | None = None, C_width: float | None = None
) -> Requirement:
    """Sreenivasan et al. 2022: weights +-1, depth of order l log(d l/eps), width of order d log**2(d l/eps).

    Trust level: cited, as quoted by Kumar and Natale 2025.

    Parameters
    ----------
    network : NetworkShape
        The target, of width d and depth l.
    eps : float
        Accuracy, in (0, 1).
    C_depth, C_width : float, optional
        Constants of depth and width, with the natural logarithm. With both, parameters are counted as if every layer
        had this width: depth times width squared.

    Returns
    -------
    Requirement
        Without a number where no constant is given.

    Used in: strong/beyond_dense.
    """
    accuracy, deep, wide = tolerance(eps), constant("C_depth", C_depth), constant("C_width", C_width)
    dense = plain_dense(network)
    log = math.log(network.width * network.depth / accuracy)
    depth = None if deep is None else math.ceil(deep * network.depth * log)
    width = None if wide is None else math.ceil(wide * network.width * log**2)
    both = depth is not None and width is not None
    return SREENIVASAN.asks(
        network,
        depth=depth,
        widths=None if width is None else (width,) * (1 if depth is None else depth - 1),
        parameters=depth * width**2 if depth is not None and width is not None else None,
        checked=dense,
        reason="" if both else "only the orders are known; give C_depth and C_width",
    )
