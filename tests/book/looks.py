"""Browsers that look at every page of the built book, side by side."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

import page_checks as checks
from browse import one_browser
from house import ROOT

BOOK = checks.Site(ROOT / "_build" / "html")


def look(visit, page, mode):
    """All that is wrong with a page in the browser."""
    light = mode == "light"
    visit.go(page, checks.PHONE if light else checks.DESK)
    faults = checks.mode_faults(visit, mode) + checks.mathematics_faults(visit)
    # Only colours depend on the mode.
    faults += checks.width_faults(visit) if light else []
    faults += checks.accessibility_faults(visit, checks.ALL if light else checks.COLOURS)
    # Last, so that whatever the page says or asks for late is seen too.
    return faults + checks.console_faults(visit) + checks.foreign_requests(visit) + checks.failed_requests(visit)


class Looks:
    """Futures of the faults of pages in modes; ``browsers`` browsers share the work until it is done or stopped."""

    def __init__(self, asked, browser_path, browsers):
        self.found = {one: Future() for one in asked}
        self._waiting = deque(self.found)
        self._path = browser_path
        self._pool = ThreadPoolExecutor(browsers)
        for _ in range(browsers):
            self._pool.submit(self._work)

    def _work(self):
        try:
            with one_browser(self._path) as tab:
                while self._waiting:
                    page, mode = one = self._waiting.popleft()
                    try:
                        self.found[one].set_result(look(tab(BOOK.folder, mode), page, mode))
                    except Exception as error:  # the test of this page fails with it
                        self.found[one].set_exception(error)
        except Exception as error:  # no browser, or another one took the last page
            while self._waiting:
                self.found[self._waiting.popleft()].set_exception(error)

    def stop(self):
        self._waiting.clear()  # if the run was broken off
        self._pool.shutdown()
