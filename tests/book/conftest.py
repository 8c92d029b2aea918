"""Collects the chapters of the book beside test_notebooks.py, and tests of pages only where there is a browser.

Browsers start to look at pages when tests are collected, in threads beside the other tests, which keep one processor
busy; the tests of pages come last and find most answers there.
"""

import os

import pytest
from browse import MISSING, find_browser
from house import ROOT, notebooks
from looks import Looks
from replay import ADVICE, Notebook, executed_copy

from slthlib.lab._threads import processors
from sphinx_ext.chapters import Chapter
from sphinx_ext.digest import DigestError, chapter_digest

LOOKS = pytest.StashKey[Looks]()


def outdated(root, docname):
    """Why the execution of a chapter says nothing about the library of today; empty if it does."""
    try:
        digest = chapter_digest(root / f"{docname}.ipynb", root)
    except DigestError as error:
        return f"{docname}: {error}"
    if Chapter(root, docname).record().get("digest") == digest:
        return ""
    return f"{docname} was executed before something it uses changed: {ADVICE}"


class Chapters(pytest.File):
    """Every notebook that `_toc.yml` names."""

    def collect(self):
        for docname in notebooks(ROOT):
            path = ROOT / f"{docname}.ipynb"
            yield Notebook.from_parent(
                self, path=path, executed=executed_copy(ROOT, docname), outdated=outdated(ROOT, docname)
            )


def pytest_collect_file(file_path, parent):
    if file_path.name == "test_notebooks.py":
        return Chapters.from_parent(parent, path=file_path)
    return None


def pytest_collection_modifyitems(config, items):
    """Pages last. Without a browser let one test of them speak for all: it is skipped, or fails where CI=true."""
    items.sort(key=looks_at_a_page)
    if find_browser():
        return
    asking = [item for item in items if "browser_path" in getattr(item, "fixturenames", ())]
    for item in asking[:1]:
        if os.environ.get("CI") != "true":
            item.add_marker(pytest.mark.skip(reason=f"{MISSING} ({len(asking)} tests of pages left out)"))
    rest = set(asking[1:])
    items[:] = [item for item in items if item not in rest]
    config.hook.pytest_deselected(items=list(rest))


def looks_at_a_page(item):
    return getattr(item, "originalname", "") == "test_page_in_the_browser"


def pytest_collection_finish(session):
    asked = [item for item in session.items if looks_at_a_page(item)]
    path = find_browser()
    if not asked or path is None or session.config.option.collectonly:
        return
    browsers = processors() if len(asked) == len(session.items) else max(1, processors() - 1)
    pages = [(item.callspec.params["page"], item.callspec.params["mode"]) for item in asked]
    session.config.stash[LOOKS] = Looks(pages, path, browsers)


def pytest_sessionfinish(session):
    if LOOKS in session.config.stash:
        session.config.stash[LOOKS].stop()


@pytest.fixture
def looks(pytestconfig):
    return pytestconfig.stash[LOOKS]
