"""A theorem, and what it asks of one network."""

from dataclasses import dataclass

from slthlib.strong.bounds._checks import HypothesisError
from slthlib.strong.bounds._network import NetworkShape

__all__ = ["Requirement"]

#: Norms come out of an eigenvalue solver: so much above 1 is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Requirement:
    """What one theorem asks of one network, or why it names no number.

    Parameters
    ----------
    theorem : str
        Its name.
    source : str
        Key in the bibliography; empty for what is proved in this book.
    trust : str
        How far it can be trusted: "proved here", "proved here up to rounding", "cited from the text", "cited from
        the abstract", "cited as quoted by ...".
    side : str
        "enough" if so much suffices, "necessary" if less cannot do, "experiment" for what a published program took.
    exact : bool
        Whether the target is met exactly on its grid, not within eps.
    statement : str
        The theorem in one sentence.
    depth : int or None
        Layers of the random network.
    widths : tuple of int or None
        Hidden widths of the random network: one for each layer of the target, at its bank or copies.
    parameters : int or None
        Parameters of the whole random network, before pruning.
    overhead : float or None
        ``parameters`` over the parameters of the target.
    items : int, tuple of int, or None
        Candidates in each subset sum, where the theorem speaks of them; a tuple has one number for each layer.
    failure : float or None
        Bound on the probability that something is left unsolved, at these widths.
    checked : tuple of str
        Hypotheses that were checked, and hold.
    assumed : tuple of str
        Hypotheses that could not be checked from what is known of the network.
    reason : str
        Why there is no number; empty where there is one.

    Used in: no chapter.
    """

    theorem: str
    source: str
    trust: str
    side: str
    exact: bool
    statement: str
    depth: int | None = None
    widths: tuple[int, ...] | None = None
    parameters: int | None = None
    overhead: float | None = None
    items: int | tuple[int, ...] | None = None
    failure: float | None = None
    checked: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Theorem:
    """What is said of every network: the first half of a `Requirement`."""

    name: str
    source: str
    trust: str
    side: str
    exact: bool
    statement: str

    def asks(
        self,
        network: NetworkShape | None = None,
        *,
        depth: int | None = None,
        widths: tuple[int, ...] | None = None,
        parameters: int | None = None,
        items: int | tuple[int, ...] | None = None,
        failure: float | None = None,
        checked: tuple[str, ...] = (),
        assumed: tuple[str, ...] = (),
        reason: str = "",
    ) -> Requirement:
        """The row for one network."""
        overhead = parameters / network.parameters if network is not None and parameters is not None else None
        head = self.name, self.source, self.trust, self.side, self.exact, self.statement
        return Requirement(*head, depth, widths, parameters, overhead, items, failure, checked, assumed, reason)


def two_layers(network: NetworkShape, units: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """Widths and parameters of a network in which each layer becomes two, with so many units for each of its inputs.

    A kernel becomes a 1 x 1 bank and a kernel of its own size; a bias has a bank of as many units, with one weight
    from the constant to each.
    """
    widths, parameters = [], 0
    for layer, each in zip(network.layers, units, strict=True):
        width = each * layer.inputs
        widths.append(width)
        parameters += width * (layer.inputs + layer.outputs * layer.taps)
        parameters += each * (1 + layer.outputs) if layer.bias else 0
    return tuple(widths), parameters


def norms_at_most_one(network: NetworkShape) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What was checked and what was assumed of ``||W_i||`` <= 1; an error where it fails."""
    for place, layer in enumerate(network.layers):
        if layer.spectral is not None and layer.spectral > 1 + _ROUNDING:
            raise HypothesisError(
                f"spectral norms: expected at most 1 in every layer, got {layer.spectral:.4g} in layer {place}; "
                f"scale the layer down and the output up"
            )
    words = ("spectral norms at most 1",)
    known = all(layer.spectral is not None for layer in network.layers)
    return (words, ()) if known else ((), words)


def plain_dense(network: NetworkShape) -> tuple[str, ...]:
    """A theorem on dense layers without biases."""
    if not network.dense:
        raise HypothesisError("layers: the theorem is about dense layers, got a convolution")
    if network.biases:
        raise HypothesisError(
            f"biases: the theorem knows none, got {network.biases}; network.without_biases() leaves them out"
        )
    return ("dense layers without biases",)


def half_range(network: NetworkShape) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Weights in [-1/2, 1/2], if they are known."""
    words = ("weights in [-1/2, 1/2]",)
    if network.largest is None:
        return (), words
    if network.largest > 0.5:
        raise HypothesisError(
            f"weights: expected at most 1/2 in absolute value, got {network.largest:.4g}; scale layers by powers of 2"
        )
    return words, ()


def units_for_signs(network: NetworkShape, items: int, signed_inputs: bool) -> tuple[int, ...]:
    """Units in front of each layer where every sign of its input takes so many."""
    return tuple(items * signs for signs in network.branches(signed_inputs))
