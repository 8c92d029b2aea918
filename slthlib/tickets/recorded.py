"""Arms of a record: read back, held against those of another run, and side by side in a table."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from slthlib.lab.records import Record
from slthlib.lab.statistics import Interval, PairedDifference, mean_interval, paired_difference
from slthlib.tickets.arms import Arms

if TYPE_CHECKING:
    import pandas

__all__ = ["compare", "main_effect", "percent", "recorded_arms", "run_gap"]


def recorded_arms(record: Record, *, drop: Collection[str] = (), **settings: Any) -> Arms:
    """The arms of a record that have these settings: what `Arms.columns` wrote, read back.

    Parameters
    ----------
    record : Record
        With a row for each arm and replica: columns replica, accuracy, and settings.
    drop : collection of str
        Columns that are no settings.
    **settings : object
        Values that columns have in the rows wanted.

    Returns
    -------
    Arms
        In the order of the record; all columns but ``drop`` are settings.

    Notes
    -----
    Used in: tickets/supermasks, tickets/hidden.
    """
    for name in ("replica", "accuracy", *settings, *drop):
        if name not in record.columns:
            raise ValueError(f"settings: expected columns among {', '.join(record.columns)}, got {name!r}")
    names = [name for name in record.columns if name not in {"replica", "accuracy", *drop, *settings}]
    chosen = np.ones(len(record["accuracy"]), dtype=bool)
    for name, value in settings.items():
        chosen &= record[name] == value
    if not chosen.any():
        raise ValueError(f"settings: expected those of a row of {record.path.name}, got {settings}")
    found: dict[tuple[Any, ...], dict[int, float]] = {}
    for row in np.flatnonzero(chosen):
        arm = found.setdefault(tuple(record[name][row].item() for name in names), {})
        replica = int(record["replica"][row])
        if replica in arm:
            raise ValueError(f"drop: expected one row for each arm and replica, got two of replica {replica}")
        arm[replica] = float(record["accuracy"][row])
    replicas = range(len(next(iter(found.values()))))
    if any(sorted(arm) != list(replicas) for arm in found.values()):
        raise ValueError(f"settings: expected the same replicas in all arms, got other ones for {settings}")
    rows = [[arm[replica] for replica in replicas] for arm in found.values()]
    return Arms(tuple({**settings, **dict(zip(names, arm, strict=True))} for arm in found), np.array(rows))


def run_gap(here: Arms, there: Arms, level: float = 0.95) -> Interval:
    """How much more accurate each arm is in one run than in another, whose replicas are no partners of its own.

    Parameters
    ----------
    here : Arms
        A run.
    there : Arms
        Another, with at least the same arms: those that agree in all settings that both runs name.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    Interval
        Difference of the means of each arm of ``here``, arrays [A], with Student's interval for two samples of one
        variance.

    Notes
    -----
    Used in: tickets/supermasks, tickets/hidden.
    """
    low, mid, high = np.empty((3, len(here)))
    for place, (one, a) in enumerate(zip(here.settings, here.accuracy, strict=True)):
        b = there.of(**{name: value for name, value in one.items() if name in there.settings[0]})
        freedom = a.size + b.size - 2
        variance = (a.var() * a.size + b.var() * b.size) / freedom
        half = special.stdtrit(freedom, (1 + level) / 2) * np.sqrt(variance * (1 / a.size + 1 / b.size))
        mid[place] = a.mean() - b.mean()
        low[place], high[place] = mid[place] - half, mid[place] + half
    return Interval(low, mid, high)


def main_effect(arms: Arms, a: Mapping[str, Any], b: Mapping[str, Any], level: float = 0.95) -> PairedDifference:
    """How much more accurate arms with some settings are than those with others, on average over all other settings.

    Parameters
    ----------
    arms : Arms
        A table with all combinations of its settings.
    a, b : dict
        Values of the same settings.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    PairedDifference
        Of the replicas, each averaged over the other settings first.

    Notes
    -----
    Used in: tickets/supermasks.
    """
    first, second = arms.where(**a), arms.where(**b)

    def others(some: Arms) -> list[tuple[Any, ...]]:
        return sorted(tuple(value for name, value in one.items() if name not in a) for one in some.settings)

    if a.keys() != b.keys() or others(first) != others(second):
        raise ValueError(f"b: expected the settings of a, in as many arms as {dict(a)}, got {dict(b)}")
    return paired_difference(first.accuracy.mean(0), second.accuracy.mean(0), level=level)


def percent(found: Interval | ArrayLike) -> str:
    """A mean with half the length of its interval, in percent, such as "62.9 ± 0.9".

    Parameters
    ----------
    found : Interval, or array of float [R]
        An interval, or the replicas to make Student's 95 % interval of.

    Returns
    -------
    str
        Rounded to a tenth.

    Notes
    -----
    Used in: tickets/supermasks.
    """
    one = found if isinstance(found, Interval) else mean_interval(found)
    return f"{100 * one.mid:.1f} ± {50 * (one.high - one.low):.1f}"


def compare(columns: Mapping[str, Arms], by: str, *, best: Any = None) -> "pandas.DataFrame":
    """Accuracies of several experiments side by side, a row for each value of a setting, in percent.

    Parameters
    ----------
    columns : mapping from str to Arms
        Experiments by the heads of their columns; each with one arm for each value.
    by : str
        The setting that tells the rows.
    best : object, optional
        A value of the setting. Then the table says, pair by pair, how far the other arms are behind this one.

    Returns
    -------
    pandas.DataFrame
        Texts such as "62.9 ± 0.9", with 95 % intervals.

    Notes
    -----
    Used in: tickets/supermasks, tickets/hidden.
    """
    try:
        import pandas
    except ImportError:
        raise ImportError("a table needs pandas: pip install 'slthlib[data]'") from None
    if not columns:
        raise ValueError("columns: expected at least one experiment, got none")
    values = dict.fromkeys(one[by] for arms in columns.values() for one in arms.settings if one[by] != best)

    def cell(arms: Arms, value: Any) -> str:
        if best is None:
            return percent(arms.of(**{by: value}))
        return percent(arms.difference({by: best}, {by: value}))

    return pandas.DataFrame(
        {head: [cell(arms, value) for value in values] for head, arms in columns.items()}, index=list(values)
    )
