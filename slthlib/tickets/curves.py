"""Curves of a record: a measured value along one column, such as the step k, for all replicas."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from slthlib.lab.records import Record
from slthlib.lab.statistics import Interval, PairedDifference, mean_interval, paired_difference

__all__ = ["Curve", "recorded_curve"]


@dataclass(frozen=True, eq=False)
class Curve:
    """A value measured at P places for R replicas, which are the same networks at all places.

    Parameters
    ----------
    places : ndarray [P]
        Numbers or names, in the order of the record.
    values : float64 [P, R]
        What was measured.

    Notes
    -----
    Used in: no chapter.
    """

    places: NDArray[Any]
    values: NDArray[np.float64] = field(repr=False)

    def at(self, place: Any) -> NDArray[np.float64]:
        """The values [R] at one place."""
        found = np.flatnonzero(self.places == place)
        if not found.size:
            raise ValueError(f"place: expected one of {', '.join(map(str, self.places))}, got {place!r}")
        return self.values[found[0]]

    def only(self, places: ArrayLike) -> "Curve":
        """The curve at some of its places, in the order asked for."""
        wanted = np.asarray(places).ravel()
        return Curve(wanted, np.array([self.at(place) for place in wanted.tolist()]))

    def interval(self, level: float = 0.95) -> Interval:
        """Mean over replicas at each place, with Student's interval; arrays [P]."""
        return mean_interval(self.values, level=level)

    def over(self, place: Any, level: float = 0.95) -> PairedDifference:
        """How much larger the value is at each place than at one of them, pair by pair; arrays [P]."""
        return paired_difference(self.values, np.broadcast_to(self.at(place), self.values.shape), level=level)

    def minus(self, other: "Curve", level: float = 0.95) -> PairedDifference:
        """How much larger the value is than that of another curve of the same networks; arrays [P]."""
        if not np.array_equal(self.places, other.places):
            raise ValueError(f"other: expected a curve along {list(self.places)}, got one along {list(other.places)}")
        return paired_difference(self.values, other.values, level=level)

    def gap(self, place: Any, others: ArrayLike, level: float = 0.95) -> Interval:
        """How much larger the mean of other networks is at one place, with Student's interval for two samples.

        The two samples need not be of one size; they are taken to have one variance.
        """
        here, there = np.asarray(others, dtype=np.float64).ravel(), self.at(place)
        if here.size < 1 or here.size + there.size < 3:
            raise ValueError(f"others: expected at least one value, and three in all, got {here.size} and {there.size}")
        freedom = here.size + there.size - 2
        variance = (here.var() * here.size + there.var() * there.size) / freedom
        half = special.stdtrit(freedom, (1 + level) / 2) * np.sqrt(variance * (1 / here.size + 1 / there.size))
        middle = here.mean() - there.mean()
        return Interval(float(middle - half), float(middle), float(middle + half))


def recorded_curve(record: Record, value: str, along: str, *, times: float = 1.0, **settings: Any) -> Curve:
    """Read one curve out of a record with a row for each network.

    Parameters
    ----------
    record : Record
        With columns ``replica``, ``value``, ``along`` and those of the settings.
    value : str
        The column that was measured.
    along : str
        The column of the places.
    times : float
        Factor of the values, 100 for points.
    **settings : object
        What other columns hold in the rows wanted. They must leave one row for each place and replica.

    Returns
    -------
    Curve
        Places in the order in which they first appear, replicas in theirs.

    Notes
    -----
    Used in: tickets/pruning, tickets/existence.
    """
    for name in ("replica", value, along, *settings):
        if name not in record.columns:
            raise ValueError(f"settings: expected columns among {', '.join(record.columns)}, got {name!r}")
    rows = np.all([record[name] == wanted for name, wanted in settings.items()], axis=0) if settings else ...
    replica, measured, places = record["replica"][rows], record[value][rows], record[along][rows]
    if not places.size:
        raise ValueError(f"settings: expected those of a row of {record.path.name}, got {settings}")
    names = list(dict.fromkeys(places.tolist()))
    replicas = np.unique(replica)
    pairs = set(zip(places.tolist(), replica.tolist(), strict=True))
    if not len(measured) == len(pairs) == len(names) * len(replicas):
        raise ValueError(f"settings: expected one row for each {along} and replica, got {len(measured)} rows")
    found = np.empty((len(names), len(replicas)))
    found[[names.index(place) for place in places.tolist()], np.searchsorted(replicas, replica)] = measured
    return Curve(np.array(names), times * found)
