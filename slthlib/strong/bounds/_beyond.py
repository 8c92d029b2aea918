"""Theorems beyond dense layers: convolutions, symmetries, attention."""

import math
from dataclasses import dataclass

from slthlib.strong.bounds._checks import HypothesisError, constant, real, tolerance, whole
from slthlib.strong.bounds._network import NetworkShape
from slthlib.strong.bounds._records import Requirement, Theorem

__all__ = ["Attention", "da_cunha", "ferbach", "otsuka"]

DA_CUNHA = Theorem(
    "da Cunha, Natale, Viennot 2022",
    "dacunha2022proving",
    "cited from the abstract",
    "enough",
    False,
    "A random convolutional network that is larger by a logarithmic factor contains, after pruning, an approximation "
    "of any convolutional target.",
)
FERBACH = Theorem(
    "Ferbach et al. 2023",
    "ferbach2022general",
    "cited from the abstract",
    "enough",
    False,
    "An overparametrized random G-equivariant network contains, after pruning in an equivariant basis, an "
    "approximation of any G-equivariant target; the overparametrization is optimal as a function of the accuracy.",
)
OTSUKA = Theorem(
    "Otsuka et al. 2025",
    "otsuka2026strong",
    "cited from the text",
    "enough",
    False,
    "With key width n_K >= C d1 log(8 H alpha^3 d1^(3/2)/eps) and value "
    "width n_V >= C d1 log(2 H alpha d1 sqrt(d2)/eps), random "
    "attention of H heads contains, with probability 1 - eps, a subnetwork within eps of the target at every "
    "token, whatever their number.",
)


@dataclass(frozen=True)
class Attention:
    """An attention layer as `otsuka` sees it.

    Parameters
    ----------
    inputs : int
        d1, the size of a token.
    outputs : int
        d2, the size of what comes out for it.
    heads : int
        H.
    largest_token : float
        alpha, a bound on the 2-norm of the tokens; at least the roots of d1 and d2.
    spectral : float or None
        Largest spectral norm of the projections, at most 1; None where it is not known.

    Used in: strong/beyond_dense.
    """

    inputs: int
    outputs: int
    heads: int
    largest_token: float
    spectral: float | None = None


def da_cunha(network: NetworkShape) -> Requirement:
    """Convolutions, da Cunha, Natale and Viennot 2022: any convolutional network, at a logarithmic factor.

    The abstract gives no formula, so the row has no number. Trust level: cited (abstract).

    Parameters
    ----------
    network : NetworkShape
        The target, with at least one convolution.

    Returns
    -------
    Requirement

    Used in: strong/beyond_dense.
    """
    if all(len(layer.shape) == 2 for layer in network.layers):
        raise HypothesisError("layers: the theorem is about convolutions, got matrices only")
    return DA_CUNHA.asks(
        network, checked=("a convolution",), reason="the abstract gives the order only, without a formula"
    )


def ferbach(network: NetworkShape) -> Requirement:
    """Ferbach et al. 2023: equivariant networks, with the mask on the coefficients of an equivariant basis.

    The abstract gives no formula, so the row has no number. Trust level: cited (abstract).

    Parameters
    ----------
    network : NetworkShape
        The target.

    Returns
    -------
    Requirement

    Used in: strong/beyond_dense.
    """
    return FERBACH.asks(
        network,
        assumed=("an equivariant basis is known",),
        reason="the abstract gives the order only, without a formula",
    )


def otsuka(attention: Attention, *, eps: float, C: float | None = None) -> Requirement:
    """Otsuka et al. 2025: key and value widths of random multi-head attention.

    The merged products W_Q W_K^T and W_V W_O need one subset sum a weight and no ReLU. The random queries and keys are
    uniform on [-n_K**(1/4), n_K**(1/4)], values and outputs on [-1, 1]. The number of tokens does not matter. Trust
    level: cited (text); the constant is only known to exist. Parameters are counted from the shapes of the random
    projections: H (2 d1 n_K + (d1 + d2) n_V).

    Parameters
    ----------
    attention : Attention
        Sizes, and the bound on the tokens.
    eps : float
        Accuracy and probability of failure in one, in (0, 1).
    C : float, optional
        Constant in front of the widths, with the natural logarithm.

    Returns
    -------
    Requirement
        Its widths are (n_K, n_V); without them where C is not given. No overhead: the target's inner widths are free.

    Used in: strong/beyond_dense.
    """
    if not isinstance(attention, Attention):
        raise TypeError(f"attention: expected an Attention, got {type(attention).__name__}")
    accuracy, scale = tolerance(eps), constant("C", C)
    d1, d2 = whole("attention.inputs", attention.inputs, 1), whole("attention.outputs", attention.outputs, 1)
    heads = whole("attention.heads", attention.heads, 1)
    alpha = real("attention.largest_token", attention.largest_token, 0.0, math.inf, "(0, inf)")
    if alpha < math.sqrt(max(d1, d2)):
        raise HypothesisError(
            f"largest_token: expected at least sqrt(max(d1, d2)) = {max(d1, d2) ** 0.5:.4g}, got {alpha:.4g}"
        )
    checked: tuple[str, ...] = ("largest_token at least the roots of d1 and d2",)
    assumed: tuple[str, ...] = ()
    norms = "spectral norms of the projections at most 1"
    if attention.spectral is None:
        assumed = (norms,)
    elif attention.spectral > 1 + 1e-9:
        raise HypothesisError(f"spectral norms: expected at most 1, got {attention.spectral:.4g}")
    else:
        checked += (norms,)
    if scale is None:
        return OTSUKA.asks(checked=checked, assumed=assumed, reason="the constant C is not known; give it")
    keys = math.ceil(scale * d1 * math.log(8 * heads * alpha**3 * d1**1.5 / accuracy))
    values = math.ceil(scale * d1 * math.log(2 * heads * alpha * d1 * math.sqrt(d2) / accuracy))
    parameters = heads * (2 * d1 * keys + (d1 + d2) * values)
    return OTSUKA.asks(widths=(keys, values), parameters=parameters, failure=accuracy, checked=checked, assumed=assumed)
