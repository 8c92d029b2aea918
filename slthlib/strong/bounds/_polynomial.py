"""The first theorem, with polynomial widths, and the first that needed less."""

import math

from slthlib.strong.bounds._checks import constant, tolerance
from slthlib.strong.bounds._network import NetworkShape
from slthlib.strong.bounds._records import Requirement, Theorem, norms_at_most_one, plain_dense

__all__ = ["malach", "orseau"]

MALACH = Theorem(
    "Malach et al. 2020",
    "malach2020proving",
    "cited from the abstract; the count as quoted by Natale et al. 2024",
    "enough",
    False,
    "A random network of twice the depth and polynomial width contains, after pruning, a network within eps of the "
    "target on the unit ball.",
)
ORSEAU = Theorem(
    "Orseau, Hutter, Rivasplata 2020",
    "orseau2020logarithmic",
    "cited from the abstract",
    "enough",
    False,
    "A number of neurons per weight of the target that is logarithmic in all variables but the depth is enough, "
    "without a bound on the norms of the target.",
)


def malach(
    network: NetworkShape, *, eps: float, C_width: float | None = None, C_parameters: float | None = None
) -> Requirement:
    """Malach et al. 2020: twice the depth, and polynomially many parameters.

    What is readable gives orders only: a factor O(d**4 l**2) in width at a fixed accuracy, and, as Natale et al. quote
    it, O(m**2/eps**2 log(m/eps)) parameters for m parameters of the target. Trust level: cited (abstract, and a later
    paper's quotation).

    Parameters
    ----------
    network : NetworkShape
        The target, of width d and depth l; spectral norms at most 1.
    eps : float
        Accuracy on the unit ball, in (0, 1).
    C_width : float, optional
        Constant of the factor in width. With it every hidden width is ceil(C_width d**4 l**2 d).
    C_parameters : float, optional
        Constant of the parameter count, with the natural logarithm.

    Returns
    -------
    Requirement
        Without a number where neither constant is given.

    Used in: strong/pruning_is_all.
    """
    accuracy, width, count = tolerance(eps), constant("C_width", C_width), constant("C_parameters", C_parameters)
    dense = plain_dense(network)
    checked, assumed = norms_at_most_one(network)
    depth, m = 2 * network.depth, network.parameters
    widths = None
    if width is not None:
        hidden = math.ceil(width * network.width**5 * network.depth**2)
        widths = (hidden,) * network.depth
    parameters = None if count is None else math.ceil(count * (m / accuracy) ** 2 * math.log(m / accuracy))
    silent = "only the order is known; give C_width or C_parameters" if width is None and count is None else ""
    return MALACH.asks(
        network,
        depth=depth,
        widths=widths,
        parameters=parameters,
        checked=dense + checked,
        assumed=assumed,
        reason=silent,
    )


def orseau(network: NetworkShape) -> Requirement:
    """Orseau, Hutter and Rivasplata 2020: logarithmically many neurons for each weight.

    The exact bound is not in the abstract, so the row has no number. Trust level: cited (abstract).

    Parameters
    ----------
    network : NetworkShape
        The target; no bound on its norms is asked for.

    Returns
    -------
    Requirement

    Used in: strong/pruning_is_all.
    """
    dense = plain_dense(network)
    return ORSEAU.asks(network, checked=dense, reason="the abstract gives the order only, without a formula")
