"""Iterative magnitude pruning: train, prune, go back to earlier weights, train again; with its controls."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from numpy.typing import ArrayLike
from tqdm import tqdm

from slthlib.nets import Network
from slthlib.nets._checks import Seed, fraction, known, whole
from slthlib.tickets._recipe import FRESH, OTHER_MASK, OWN, PRUNING, Arm, Recipe, everything, hidden, seed_for
from slthlib.tickets.controls import CONTROLS, checked, control_masks
from slthlib.tickets.results import Levels, Tickets
from slthlib.tickets.scores import Score, falling_keeps, magnitude, prune, some_keeps

__all__ = ["iterative_pruning", "keeps_down_to"]

#: What training goes on from after pruning, and the part of the schedule that it repeats.
RETRAIN = ("rewind", "lr-rewind", "fine-tune")


def keeps_down_to(keep: float, *, rate: float = 0.2) -> list[float]:
    """What is kept if each round prunes a fraction ``rate`` of what remains: 1, 1 - rate, (1 - rate)**2, ...

    Parameters
    ----------
    keep : float
        Where to stop; the last round takes what is left to take, at most a twentieth more than the others.
    rate : float
        Pruned in each round, in (0, 1).

    Returns
    -------
    list of float
        From 1 down to ``keep``.

    Notes
    -----
    Used in: tickets/existence.
    """
    least = fraction("keep", keep)
    if not 0 < fraction("rate", rate) < 1:
        raise ValueError(f"rate: expected the fraction pruned in a round, in (0, 1), got {rate}")
    rounds = [(1 - rate) ** power for power in range(1 + math.ceil(math.log(least) / math.log(1 - rate)))]
    # People call .8**9 = .1342 their .134, and do not mean one more round.
    return [1.0] if least == 1 else [1.0, *(above for above in rounds[1:] if above > 1.05 * least), least]


def iterative_pruning(
    data: Any,
    *,
    widths: Sequence[int] = (100, 100),
    keeps: ArrayLike,
    replicas: int = 8,
    rewind: int = 0,
    control: str | None = None,
    controls: Iterable[str] = tuple(CONTROLS),
    retrain: str = "rewind",
    iterate: bool = True,
    scope: str = "layer",
    output_rate: float = 0.5,
    score: Score = magnitude,
    barrier: bool = False,
    report: ArrayLike | None = None,
    network: Network | None = None,
    steps: int = 1000,
    fine_tune: float = 0.1,
    allow_empty: bool = False,
    seed: Seed,
    progress: bool | None = None,
    **training: Any,
) -> Tickets:
    """Find tickets by pruning, train them, and train their controls beside them.

    At each level the trained network is pruned to the next ``keep``, its weights go back to what they were at step
    ``rewind`` of the first training, and the rest of the schedule runs again, with batches in a new order and a fresh
    optimizer. Ticket and controls see the same batches.

    Parameters
    ----------
    data : Dataset
        What to learn.
    widths : sequence of int
        Hidden widths of the network.
    keeps : sequence of float
        Fraction of all weights kept at each level, falling; see `keeps_down_to`. The dense network is trained first
        in any case; a leading 1 reports it as a level.
    replicas : int
        How many networks, each with its own weights and batches.
    rewind : int
        The step k to go back to. 0 resets to the initial weights.
    control : {"reinit", "shuffle", "random"}, optional
        Give back this control in place of the tickets.
    controls : iterable of str
        Which controls run beside the tickets.
    retrain : {"rewind", "lr-rewind", "fine-tune"}
        What is trained after pruning, for ``steps - rewind`` steps: the weights of step ``rewind``; or the trained
        weights as they are, with the learning rates from step ``rewind`` on, or with a small constant one.
    iterate : bool
        Prune what the last level trained. If not, each level prunes the dense network: one shot.
    scope : {"layer", "global"}
        Rank the weights of each layer, or of all layers together.
    output_rate : float
        How fast the output layer is pruned, see `layer_keeps`; only for scope "layer".
    score : callable
        What to rank weights by, from the initial and the trained parameters.
    barrier : bool
        Train every arm a second time with other batches, and measure the barrier between the two.
    report : sequence of float, optional
        Some of the ``keeps``: controls and barriers only there, and the result has only these levels.
    network : Network, optional
        In place of ``widths``.
    steps : int
        Length of the first training.
    fine_tune : float
        For "fine-tune": the learning rate, as a fraction of ``lr``.
    allow_empty : bool
        Whether a layer may lose all its weights.
    seed : int or numpy Generator
        Of everything that is drawn.
    progress : bool, optional
        Show a bar; by default on a terminal.
    **training
        Options of `slthlib.nets.train`: batch, optimizer, lr, momentum, schedule, weight_decay, clip, device, threads.

    Returns
    -------
    Tickets
        Accuracy at each level, masks, weights, and the same for the controls.

    Notes
    -----
    Used in: tickets/pruning, tickets/existence, tickets/hidden.
    """
    recipe = Recipe.of(data, widths, network, steps, seed, training)
    falling = falling_keeps(keeps)
    shown = some_keeps(report, falling)
    back = whole("rewind", rewind, 0, recipe.steps - 1)
    known("retrain", retrain, RETRAIN)
    names = checked(controls) if control is None else checked((known("control", control, CONTROLS),))
    shuffle = seed_for(recipe.seed, OTHER_MASK)
    changes: dict[str, Any] = {"start": back}
    if retrain == "fine-tune":
        rate = fraction("fine_tune", fine_tune) * recipe.training.get("lr", 0.01)
        changes = {"stop": recipe.steps - back, "lr": rate, "schedule": "constant"}

    # Whose weights each arm trains: those of one network, or of another.
    whose = {"ticket": OWN} | {name: OWN if CONTROLS[name].weights else FRESH for name in names}
    first = recipe.train({net: Arm(recipe.draw(replicas, net)) for net in sorted({*whose.values()})}, keep_at=[0, back])
    dense = {arm: first[net] for arm, net in whose.items()}
    now, masks, levels = dense, everything(dense["ticket"].parameters), Levels(recipe, whose)
    for level, keep in enumerate(tqdm(falling, "levels", unit="", leave=False, disable=hidden(progress))):
        before = now if iterate else dense
        if keep < 1:
            scores = score(dense["ticket"].kept[0], before["ticket"].parameters)
            masks = prune(scores, keep, scope=scope, output_rate=output_rate, within=masks if iterate else None,
                          seed=seed_for(recipe.seed, PRUNING, level), allow_empty=allow_empty)  # fmt: skip
        early = retrain == "rewind" or keep == 1
        arms = {
            arm: Arm(
                start=dense[arm].kept[back] if early else before[arm].parameters,
                masks=control_masks(arm, masks, seed=shuffle) if arm in names else masks,
                order=2 * level + 1,
            )
            for arm in whose
            if arm == "ticket" or keep in shown or retrain != "rewind"  # the others go on from where they are
        }
        twins = {f"{arm} again": arms[arm]._replace(order=2 * level + 2) for arm in arms if barrier and keep in shown}
        if keep < 1:
            ran = recipe.train(arms | twins, **changes)
            now = {arm: ran.pop(arm) for arm in arms}
        else:  # the first training is the result; its twins start where the others will
            ran = recipe.train(twins, start=back)
        if keep in shown:
            levels.add(arms, now, list(ran.values()))
    return levels.tickets(shown, dense["ticket"].accuracy, control)
