"""Arms along the width of the networks."""

from slthlib.tickets.arms import Arms

__all__ = ["by_width"]


def by_width(arms: Arms) -> Arms:
    """The arms whose hidden layers all have one width, with that width as a further setting, narrow ones first.

    Parameters
    ----------
    arms : Arms
        With a setting ``hidden`` such as "300-100". Arms whose hidden layers differ in width are left out.

    Returns
    -------
    Arms
        With a setting ``width``, a whole number. Arms of equal width stay in their order.

    Notes
    -----
    Used in: tickets/hidden.
    """
    widths = [{int(width) for width in one["hidden"].split("-")} for one in arms.settings]
    places = sorted(
        (place for place, each in enumerate(widths) if len(each) == 1), key=lambda place: max(widths[place])
    )
    if not places:
        raise ValueError(
            "arms: expected hidden layers of one width, got " + ", ".join(one["hidden"] for one in arms.settings)
        )
    return Arms(tuple({**arms.settings[place], "width": max(widths[place])} for place in places), arms.accuracy[places])
