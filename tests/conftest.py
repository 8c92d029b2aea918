"""What every test lives with."""

import os
import sys
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from house import ROOT
from hypothesis import settings
from tools import type_faults

# Not installed with the library: the book's extensions, and the scripts of results and timings.
sys.path.insert(0, str(ROOT))

# Each test draws the same examples in every run: a red build is about the change at hand. Wall time on a shared
# machine says nothing about the code, hence no deadline.
settings.register_profile("house", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))

TYPES = pytest.StashKey[Future[str]]()


def pytest_collection_finish(session):
    """The type checker takes long in a process of its own: it starts now, and its test waits for what it says."""
    if not session.config.option.collectonly and any(
        "types" in getattr(item, "fixturenames", ()) for item in session.items
    ):
        with_one = ThreadPoolExecutor(1)
        session.config.stash[TYPES] = with_one.submit(type_faults, ROOT)
        with_one.shutdown(wait=False)


@pytest.fixture
def types(pytestconfig):
    return pytestconfig.stash[TYPES]
