"""Collects the chapters of the book beside test_notebooks.py, and tests of pages only where there is a browser.

As many browsers as there are processors look at the pages, after all other tests.
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


@pytest.fixture(scope="session")
def looks(request):
    """Browsers at work, in threads of this process: tests that weigh its memory or patch its modules are over."""
    asked = [item.callspec.params for item in request.session.items if looks_at_a_page(item)]
    found = Looks([(one["page"], one["mode"]) for one in asked], find_browser(), processors())
    yield found
    found.stop()
