"""All theorems beside each other, asked about one network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from slthlib.strong.bounds import (
    _beyond,
    _binary,
    _logarithmic,
    _modular,
    _parity,
    _polynomial,
    _products,
    _quantized,
    _signs,
    _single,
    _sparse,
)
from slthlib.strong.bounds._beyond import Attention
from slthlib.strong.bounds._checks import HypothesisError, bits_checked, flag, probability, tolerance
from slthlib.strong.bounds._counting import COUNTING, counting
from slthlib.strong.bounds._network import NetworkShape
from slthlib.strong.bounds._reading import network
from slthlib.strong.bounds._records import Requirement, Theorem

__all__ = ["frame", "table"]

#: Names by which `table` takes constants, and the constants of each.
CONSTANTS: dict[str, tuple[str, ...]] = {
    "malach": ("C_width", "C_parameters"),
    "pensia": ("C",),
    "pensia_experiment": ("c",),
    "sreenivasan": ("C_depth", "C_width"),
    "diffenderfer": ("C_width",),
    "natale": ("c_amp",),
    "otsuka": ("C",),
    "kumar_products": ("C", "C_failure"),
    "kumar_copies": ("C", "C_failure"),
}


def table(
    target: Any,
    *,
    bits: int,
    failure: float,
    eps: float | None = None,
    source_bits: int | None = None,
    signed_inputs: bool = True,
    density: float | None = None,
    attention: Attention | None = None,
    word: int | None = None,
    success: float = 0.5,
    constants: Mapping[str, Mapping[str, float]] | None = None,
    floating_point: bool = False,
) -> list[Requirement]:
    """What each theorem asks of this network, side by side.

    A theorem that names no number, or whose hypotheses this network does not meet, has a row with the reason.

    Parameters
    ----------
    target : NetworkShape or what `network` takes
        The target.
    bits : int
        Grid of the exact statements, 2**-bits.
    failure : float
        Probability of failure, in (0, 1).
    eps : float, optional
        Accuracy of the approximate statements, in (0, 1); they have no number without it.
    source_bits : int, optional
        Grid of the random weights for products; single weights keep the target's grid.
    signed_inputs : bool
        Whether the inputs of the network take both signs.
    density : float, optional
        Density of the ticket, for the statements on sparsity.
    attention : Attention, optional
        An attention layer, for `otsuka`.
    word : int, optional
        Bits of an accumulator that wraps around, for `modular`.
    success : float
        Probability with which each target must be contained, for the bounds by counting.
    constants : mapping, optional
        Constants that the papers leave open, such as ``{"pensia": {"C": 3.0}}``: by name of the function.
    floating_point : bool
        Whether to add the row of bounds that are proved up to rounding; it may take seconds.

    Returns
    -------
    list of Requirement

    Used in: no chapter.
    """
    net = target if isinstance(target, NetworkShape) else network(target)
    k, _ = bits_checked(bits)
    common: dict[str, Any] = {
        "bits": k,
        "failure": probability("failure", failure),
        "signed_inputs": flag("signed_inputs", signed_inputs),
    }
    given = _constants(constants)
    if eps is not None:
        tolerance(eps)
    near = {"eps": eps}
    free: dict[str, Any] = {"source_bits": source_bits}

    def with_eps(name: str, function: Callable[..., Requirement], **more: Any) -> Callable[[], Requirement]:
        return partial(_needs, near | more, function, net, **given.get(name, {}))

    rows: list[tuple[Theorem, Callable[[], Requirement]]] = [
        (_polynomial.MALACH, with_eps("malach", _polynomial.malach)),
        (_polynomial.ORSEAU, partial(_polynomial.orseau, net)),
        (_logarithmic.PENSIA, with_eps("pensia", _logarithmic.pensia, failure=failure)),
        (_logarithmic.PENSIA_EXPERIMENT, with_eps("pensia_experiment", _logarithmic.pensia_experiment, c=None)),
        (_logarithmic.BURKHOLZ, partial(_logarithmic.burkholz, net)),
        (_beyond.DA_CUNHA, partial(_beyond.da_cunha, net)),
        (_binary.SREENIVASAN, with_eps("sreenivasan", _binary.sreenivasan)),
        (_binary.DIFFENDERFER, with_eps("diffenderfer", _binary.diffenderfer)),
        (_sparse.NATALE, with_eps("natale", _sparse.natale, density=density)),
        (_beyond.FERBACH, partial(_beyond.ferbach, net)),
        (_beyond.OTSUKA, partial(_attention, attention, eps, given.get("otsuka", {}))),
        (
            _quantized.PRODUCTS,
            partial(_quantized.kumar_products, net, bits=k, **free, **given.get("kumar_products", {})),
        ),
        (_quantized.COPIES, partial(_quantized.kumar_copies, net, bits=k, **given.get("kumar_copies", {}))),
        (_single.theorem_single("half-range"), partial(_single.single_weights, net, **common)),
        (_single.theorem_single("proved"), partial(_single.single_weights, net, **common, bound="proved")),
        (_single.theorem_copies("half-range"), partial(_single.copies, net, **common)),
        (_products.COPRIME, partial(_products.coprime_products, net, **common, **free)),
        (_products.SHARP, partial(_products.sharp_products, net, **common, **free)),
        (
            _modular.MODULAR,
            partial(_needs, {"word": word, "failure": failure}, _modular.modular, net, signed_inputs=signed_inputs),
        ),
        (COUNTING, partial(counting, net, bits=k, success=success)),
        (_quantized.LOWER, partial(_quantized.kumar_lower, net, bits=k, success=success)),
        (_logarithmic.PENSIA_LOWER, with_eps("", _logarithmic.pensia_lower, success=success)),
        (_sparse.NATALE_LOWER, partial(_lower_sparse, net, eps, density, success)),
        (_signs.ONE_SIGN, partial(_signs.one_sign, net, **common)),
        (_parity.PARITY, partial(_parity.parity, net, **common, **free)),
    ]
    if floating_point:
        rounded = partial(_single.single_weights, net, **common, bound="floating-point")
        rows.insert(15, (_single.theorem_single("floating-point"), rounded))
    return [_row(theorem, function) for theorem, function in rows]


def _row(theorem: Theorem, function: Callable[[], Requirement]) -> Requirement:
    try:
        return function()
    except HypothesisError as error:
        return theorem.asks(reason=str(error))


def _needs(
    needed: dict[str, Any], function: Callable[..., Requirement], net: NetworkShape, **given: Any
) -> Requirement:
    """Call with what the user gave; what is needed and was not given is the reason why there is no number."""
    arguments = needed | given
    missing = [name for name, value in arguments.items() if value is None]
    if missing:
        raise HypothesisError(f"{', '.join(missing)}: not given")
    return function(net, **arguments)


def _attention(attention: Attention | None, eps: float | None, given: Mapping[str, float]) -> Requirement:
    if attention is None:
        raise HypothesisError("attention: the theorem is about attention, and none was given")
    if eps is None:
        raise HypothesisError("eps: not given")
    return _beyond.otsuka(attention, eps=eps, **given)


def _lower_sparse(net: NetworkShape, eps: float | None, density: float | None, success: float) -> Requirement:
    """Theorem 5 in terms of the density: the least n for which n random parameters may be pruned to density n."""
    if eps is None or density is None:
        raise HypothesisError("eps, density: both are needed")
    if success < 0.5:
        raise HypothesisError(f"success: the theorem is about at least 1/2, got {success}")
    return _sparse.natale_lower(net, eps=eps, density=density)


def _constants(constants: Mapping[str, Mapping[str, float]] | None) -> dict[str, dict[str, Any]]:
    given: dict[str, dict[str, Any]] = (
        {} if constants is None else {name: dict(values) for name, values in constants.items()}
    )
    for name, values in given.items():
        if name not in CONSTANTS:
            raise ValueError(f"constants: expected names among {', '.join(CONSTANTS)}, got {name!r}")
        for one in values:
            if one not in CONSTANTS[name]:
                raise ValueError(f"constants: {name} has {', '.join(CONSTANTS[name])}, got {one!r}")
    return given


def frame(rows: Sequence[Requirement]) -> Any:
    """Rows as a pandas table, one line for each theorem.

    Parameters
    ----------
    rows : sequence of Requirement
        As `table` returns them.

    Returns
    -------
    pandas.DataFrame
        Indexed by the name of the theorem.

    Used in: strong/quantized.
    """
    try:
        import pandas
    except ImportError:
        raise ImportError("frame: pandas is not installed; `pip install slthlib[data]`, or read the rows") from None
    return pandas.DataFrame([asdict(row) for row in rows]).set_index("theorem")
