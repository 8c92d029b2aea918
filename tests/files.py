"""Data sets that are read from files: tests that need them say so and are skipped where the files are not."""

import pytest

from slthlib.lab import load


def load_or_skip(name, **options):
    """The data set, or a skip that says what to set."""
    try:
        found = load(name, **options)
    except FileNotFoundError as error:
        pytest.skip(f"needs the files of {name}: {error}")
    if not found.original:
        pytest.skip(f"needs the published files of {name}; those found hold something else")
    return found
