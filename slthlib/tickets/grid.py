"""How good the best ticket found in a random network is, as a function of its width and of what is kept."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from tqdm import tqdm

from slthlib.nets import Dense, Network, Parameters, accuracy, concatenate
from slthlib.nets._checks import Seed, entropy, fraction, known, whole
from slthlib.tickets._recipe import hidden, perceptron
from slthlib.tickets.arms import Arms
from slthlib.tickets.binary import binary_ticket
from slthlib.tickets.popup import Hidden, edge_popup

__all__ = ["hidden_accuracy", "search_keeps"]

METHODS = {"edge-popup": edge_popup, "binary": binary_ticket}

#: Weights side by side: beyond that memory would be the limit.
NUMBERS = 24_000_000


def search_keeps(
    method: str,
    network: Network,
    parameters: Parameters,
    data: Any,
    keeps: Iterable[float],
    *,
    seed: Seed,
    **search: Any,
) -> list[Hidden]:
    """Search for tickets at several fractions kept, side by side, in the same R random networks.

    Parameters
    ----------
    method : {"edge-popup", "binary"}
        How to search.
    network : Network
        What to search in.
    parameters : Parameters
        Its random weights, of R replicas.
    data : data set, or pair (x, y)
        What to train scores on.
    keeps : iterable of float
        Fractions kept, in (0, 1].
    seed : int or numpy Generator
        Scores and batches, the same at each fraction.
    **search
        Options of `edge_popup` or `binary_ticket`.

    Returns
    -------
    list of Hidden
        What was found at each fraction.

    Notes
    -----
    Used in: no chapter.
    """
    find = METHODS[known("method", method, METHODS)]
    fractions, number, replicas = (
        [fraction("keeps", keep) for keep in keeps],
        entropy("seed", seed),
        parameters.replicas,
    )
    if not fractions:
        raise ValueError("keeps: expected at least one fraction, got none")
    size = sum(weight[0].numel() for weight in parameters.weights.values())
    together, found = max(1, NUMBERS // (size * replicas)), []
    for first in range(0, len(fractions), together):
        some = fractions[first : first + together]
        result = find(
            network,
            concatenate([parameters] * len(some)),
            data,
            keep=[keep for keep in some for _ in range(replicas)],
            seed=[(number, replica) for _ in some for replica in range(replicas)],
            **search,
        )
        for place in range(len(some)):
            part = np.arange(place * replicas, (place + 1) * replicas)
            found.append(Hidden(result.masks.select(part), result.parameters.select(part), result.scores.select(part),
                                result.losses[:, part]))  # fmt: skip
    return found


def hidden_accuracy(
    data: Any,
    *,
    widths: Iterable[int],
    keeps: Iterable[float],
    layers: int = 2,
    method: str = "edge-popup",
    init: str = "signed-constant",
    replicas: int = 8,
    seed: Seed,
    progress: bool | None = None,
    **search: Any,
) -> Arms:
    """Accuracy of the tickets found in random networks of several widths, at several fractions kept.

    Parameters
    ----------
    data : Dataset
        What to learn.
    widths : iterable of int
        Hidden widths; all hidden layers of a network have one.
    keeps : iterable of float
        Fractions kept, in (0, 1].
    layers : int
        How many hidden layers.
    method : {"edge-popup", "binary"}
        How to search.
    init : str
        Law of the random weights, as in `slthlib.nets.Network`. There are no biases.
    replicas : int
        How many networks of each width.
    seed : int or numpy Generator
        Of everything that is drawn.
    progress : bool, optional
        Show a bar; by default on a terminal.
    **search
        Options of `edge_popup` or `binary_ticket`.

    Returns
    -------
    Arms
        Settings width, keep and weights: all combinations of width and keep.

    Notes
    -----
    Used in: tickets/hidden.
    """
    listed, fractions, number = list(widths), [fraction("keeps", keep) for keep in keeps], entropy("seed", seed)
    depth = whole("layers", layers, 0)
    if not listed:
        raise ValueError("widths: expected at least one, got none")
    settings, rows = [], []
    with tqdm(total=len(listed), desc="widths", unit="", leave=False, disable=hidden(progress)) as bar:
        for width in listed:
            like = perceptron(data, [whole("widths", width, 1)] * depth)
            network = Dense(like.widths, init=init, bias=False)
            size = sum(int(np.prod(shape)) for shape in network.weight_shapes.values())
            start = network.init(replicas, seed=number)
            found = search_keeps(method, network, start, data, fractions, seed=number, progress=False, **search)
            for keep, ticket in zip(fractions, found, strict=True):
                settings.append({"width": int(width), "keep": keep, "weights": size})
                rows.append(accuracy(network, ticket.parameters, data.test_x, data.test_y))
            bar.update()
    return Arms(tuple(settings), np.stack(rows))
