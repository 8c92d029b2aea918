"""Controls: what a ticket is held against. Its mask or another one, its weights or others, the same density always.

A ticket is a pair: a mask, and the weights that it was found on. Two questions, four arms:

============== ================== ====================
arm            mask               weights
============== ================== ====================
ticket         its own            its own
``"reinit"``   its own            of another network
``"shuffle"``  another            its own
``"random"``   another            of another network
============== ================== ====================

The other mask is the ticket's own, shuffled within each layer: each layer keeps as many weights as in the ticket. The
permutation is drawn once, not at each level, so the control's masks are nested like those of the ticket. The other
network is a fresh draw from the same law, trained as far as the ticket's was before its weights were taken.
"""

from collections.abc import Iterable
from typing import NamedTuple

from slthlib.nets import Masks, shuffle_mask
from slthlib.nets._checks import Seed, known

__all__ = ["CONTROLS", "Control", "control_masks"]


class Control(NamedTuple):
    """What a control shares with the ticket.

    Parameters
    ----------
    mask : bool
        The mask.
    weights : bool
        The weights to start from.

    Notes
    -----
    Used in: no chapter.
    """

    mask: bool
    weights: bool


#: By name.
CONTROLS = {"reinit": Control(True, False), "shuffle": Control(False, True), "random": Control(False, False)}


def control_masks(name: str, masks: Masks, *, seed: Seed) -> Masks:
    """What a control keeps, next to a ticket with these masks.

    Parameters
    ----------
    name : {"reinit", "shuffle", "random"}
        Which control.
    masks : Masks
        The ticket's.
    seed : int or numpy Generator
        Of the shuffle: the same number at every level, so that a control's masks are nested.

    Returns
    -------
    Masks
        The same number of weights in each layer.

    Notes
    -----
    Used in: no chapter.
    """
    control = CONTROLS[known("control", name, CONTROLS)]
    return masks if control.mask else shuffle_mask(masks, seed=seed)


def checked(names: str | Iterable[str]) -> tuple[str, ...]:
    """Names of controls, each once."""
    listed = (names,) if isinstance(names, str) else tuple(names)
    return tuple(dict.fromkeys(known("controls", name, CONTROLS) for name in listed))
