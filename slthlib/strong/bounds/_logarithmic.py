"""The theorems whose widths are logarithmic in the accuracy: real weights, an approximate target."""

import math

from slthlib.strong.bounds._checks import HypothesisError, constant, probability, tolerance
from slthlib.strong.bounds._network import NetworkShape
from slthlib.strong.bounds._records import Requirement, Theorem, norms_at_most_one, plain_dense

__all__ = ["burkholz", "pensia", "pensia_experiment", "pensia_lower"]

PENSIA = Theorem(
    "Pensia et al. 2020, Theorem 1",
    "pensia2020optimal",
    "cited as quoted by Otsuka et al. 2025 and Natale et al. 2024",
    "enough",
    False,
    "With n_i >= C d_(i-1) log(2 l d_(i-1) d_i / min(eps, delta)) units in front of layer i, a random network of "
    "twice the depth contains, with probability 1 - delta, a network within eps of every target at once.",
)
PENSIA_LOWER = Theorem(
    "Pensia et al. 2020, Theorem 2",
    "pensia2020optimal",
    "cited as quoted by Natale et al. 2024; for any shape and probability proved here",
    "necessary",
    False,
    "To contain each linear map of norm at most 1 within eps with probability p, a random network needs at least "
    "N log2(1/(2 eps)) + log2(p) parameters, N the number of entries of the map.",
)
PENSIA_EXPERIMENT = Theorem(
    "Pensia et al. 2020, experiment 1",
    "pensia2020optimal",
    "cited from the authors' program and its log",
    "experiment",
    False,
    "Their program solves w = sum m_i a_i with c round(log2(1/eps)) single weights a_i for each weight w, without the "
    "gadget of the theorem.",
)
BURKHOLZ = Theorem(
    "Burkholz 2022",
    "burkholz2022most",
    "cited from the abstract; the cost as quoted by Natale et al. 2024",
    "enough",
    False,
    "Depth L + 1 and a logarithmic factor in width are enough, for a large class of activations; in parameters the "
    "overhead is quadratic in that of depth 2L.",
)


def pensia(network: NetworkShape, *, eps: float, failure: float, C: float | None = None) -> Requirement:
    """Pensia et al. 2020, Theorem 1: n_i = C d_(i-1) log(2 l d_(i-1) d_i / min(eps, failure)).

    Random weights uniform on [-1, 1], depth 2l. The constant is not given in what is readable, and the constants
    inside the logarithm differ between restatements; here it is natural, and the form is that of Otsuka et al. Trust
    level: cited (as quoted by two later papers).

    Parameters
    ----------
    network : NetworkShape
        The target: dense, without biases, spectral norms at most 1.
    eps : float
        Accuracy on the unit ball, in (0, 1).
    failure : float
        Probability delta that some target is missed, in (0, 1).
    C : float, optional
        Constant in front of the width.

    Returns
    -------
    Requirement
        Without widths where C is not given.

    Used in: strong/pruning_is_all.
    """
    worst = min(tolerance(eps), probability("failure", failure))
    scale, dense = constant("C", C), plain_dense(network)
    checked, assumed = norms_at_most_one(network)
    l = network.depth  # noqa: E741 - the letter of the page
    known = {"depth": 2 * l, "checked": dense + checked, "assumed": assumed}
    if scale is None:
        return PENSIA.asks(network, **known, reason="the constant C is not known; give it")  # type: ignore[arg-type]
    logs = [math.log(2 * l * layer.inputs * layer.outputs / worst) for layer in network.layers]
    widths = tuple(math.ceil(scale * layer.inputs * x) for layer, x in zip(network.layers, logs, strict=True))
    parameters = sum(n * (layer.inputs + layer.outputs) for n, layer in zip(widths, network.layers, strict=True))
    return PENSIA.asks(network, widths=widths, parameters=parameters, failure=failure, **known)  # type: ignore[arg-type]


def pensia_lower(network: NetworkShape, *, eps: float, success: float = 0.5) -> Requirement:
    """Pensia et al. 2020, Theorem 2: at least N log2(1/(2 eps)) + log2(success) parameters for a layer of N weights.

    A largest set of maps in the unit ball of the spectral norm, each two more than 2 eps apart, is a 2 eps-net of it,
    so by volume it has at least (1/(2 eps))**N members. Each subnetwork serves at most one of them, and together they
    must serve a share ``success`` of them on average. The paper has d x d maps and probability 1/2, the proof does
    not mind. For a deep network the layers are counted one by one and added: that is what counting says of
    constructions that meet the target layer by layer, as all in this table do. Trust level: cited (as quoted by Natale
    et al. 2024); in this form proved here.

    Parameters
    ----------
    network : NetworkShape
        The target's shapes.
    eps : float
        Accuracy in the spectral norm, in (0, 1/2).
    success : float
        Probability with which each target must be contained, in (0, 1).

    Returns
    -------
    Requirement

    Used in: strong/pruning_is_all.
    """
    accuracy, share = tolerance(eps), probability("success", success)
    if accuracy >= 0.5:
        raise HypothesisError(f"eps: expected a number below 1/2, where the bound begins to say something, got {eps!r}")
    least = max(0, math.ceil(network.weights * math.log2(0.5 / accuracy) + math.log2(share) - 1e-9))
    return PENSIA_LOWER.asks(network, parameters=least, checked=("any law of the random weights",))


def pensia_experiment(network: NetworkShape, *, eps: float, c: float) -> Requirement:
    """The program behind Pensia et al.'s first experiment: int(c round(log2(1/eps))) random weights for each weight.

    It is not an instance of their theorem: single weights in place of products, drawn between the least and the
    largest weight of the target, and shared by all weights of an output. With eps = 0.01 and c = 3 it took 21 for
    each of the 397,000 weights of a 784-500-10 network. Trust level: cited (the program and its log).

    Parameters
    ----------
    network : NetworkShape
        The target: dense, without biases.
    eps : float
        Accuracy of each weight, in (0, 1).
    c : float
        Their constant; the published run has 3.

    Returns
    -------
    Requirement

    Examples
    --------
    >>> from slthlib.strong import bounds
    >>> bounds.pensia_experiment(bounds.network([(500, 784), (10, 500)]), eps=0.01, c=3).parameters
    8337000

    Used in: strong/pruning_is_all.
    """
    accuracy, scale = tolerance(eps), constant("c", c)
    if scale is None:
        raise TypeError("c: expected a number in (0, inf), got None")
    dense = plain_dense(network)
    items = int(scale * round(math.log2(1 / accuracy)))
    return PENSIA_EXPERIMENT.asks(
        network, depth=network.depth, parameters=items * network.weights, items=items, checked=dense
    )


def burkholz(network: NetworkShape) -> Requirement:
    """Burkholz 2022: depth L + 1 in place of 2L, logarithmic widths.

    The abstract gives the depth, and no formula for the widths, so the row has no other number; `copies` counts such
    a construction. Trust level: cited (abstract; the cost as quoted by Natale et al. 2024).

    Parameters
    ----------
    network : NetworkShape
        The target.

    Returns
    -------
    Requirement

    Used in: strong/beyond_dense.
    """
    return BURKHOLZ.asks(network, depth=network.depth + 1, reason="the width is known up to its order only")
