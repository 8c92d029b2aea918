"""What residues alone forbid: a target is missed for certain if its residue is no sum of residues of the items.

The state is the set of residues modulo q that are subset sums, one bit for each; its law is carried from item to item,
exactly. A target 2**v u with u odd is looked at modulo 2**(v + 1), and every target modulo 3. Higher powers forbid
next to nothing: items that are all divisible by 16, or by 5, are rarer than items of one sign.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_MODULI = (2, 3, 4, 8)
#: The least modulus that all of them divide: the law of an item modulo 24 says everything.
CYCLE = 24


def residue_law(S: int, b: int) -> Array:
    """P(a b = r mod 24), a uniform on -S..S: [24]."""
    once = np.bincount(np.arange(-S, S + 1) % CYCLE, minlength=CYCLE) / (2 * S + 1)
    out = np.zeros(CYCLE)
    np.add.at(out, np.arange(CYCLE) * (b % CYCLE) % CYCLE, once)
    return out


def forbidden(laws: Array, targets: NDArray[np.int64]) -> Array:
    """P(t is forbidden by residues) for targets not 0, after each of the items with ``laws`` [n, 24]: [n + 1, T]."""
    power = np.where(targets % 8 == 0, 0, targets & -targets)  # 1, 2, 4; 0 where nothing is forbidden
    out = np.zeros((len(laws) + 1, targets.size))
    for q in _MODULI:
        here = np.flatnonzero(targets % 3 != 0 if q == 3 else 2 * power == q)
        if here.size:
            missing = _missing(laws.reshape(len(laws), -1, q).sum(axis=1), q)
            out[:, here] += (1.0 - out[:, here]) * missing[:, targets[here] % q]
    return out


def _missing(laws: Array, q: int) -> Array:
    """P(r is no sum of residues mod q) after 0, 1, .. items with ``laws`` [n, q]: [n + 1, q]."""
    states = np.arange(2**q)
    # Adding an item r joins the set with itself, turned by r.
    turned = [states | ((states << r) | (states >> (q - r))) & (2**q - 1) for r in range(q)]
    absent = ((states[:, None] >> np.arange(q)) & 1 == 0).astype(np.float64)
    chance = np.eye(1, 2**q, 1)[0]  # {0} is reachable
    out = [chance @ absent]
    for law in laws:
        chance = np.sum([np.bincount(turned[r], law[r] * chance, minlength=2**q) for r in range(q)], axis=0)
        out.append(chance @ absent)
    return np.array(out)
