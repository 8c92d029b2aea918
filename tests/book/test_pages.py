"""Every page of the built book in a real browser, and each check on a page with a planted fault."""

import page_checks as checks
import pytest
from browse import MISSING, find_browser, one_browser
from looks import BOOK

import slthlib

pytestmark = pytest.mark.book

PAGES = [page for page in BOOK.pages if not BOOK.is_stub(page)]
MODES = ["light", "dark"]


@pytest.fixture(scope="session")
def browser_path():
    path = find_browser()
    if path is None:
        # A server that checks every change must look at the pages; somebody's laptop may leave it to the server
        # (conftest.py skips there, once for all these tests).
        pytest.fail(MISSING, pytrace=False)
    return path


@pytest.fixture(scope="session")
def tabs(browser_path):
    with one_browser(browser_path) as tab:
        yield tab


def shown(faults):
    """Faults a line each, for the message of an assertion."""
    return "\n".join(["", *faults[:20], *([f"and {len(faults) - 20} more"] if len(faults) > 20 else [])])


def test_the_book_is_built():
    assert PAGES, "no pages in _build/html: run `make book`"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("page", PAGES)
def test_page_in_the_browser(browser_path, looks, page, mode):
    faults = looks.found[page, mode].result()
    assert not faults, shown(faults)


@pytest.mark.parametrize("page", BOOK.pages)
def test_page_in_its_file(page):
    faults = checks.link_faults(BOOK, page)
    if not BOOK.is_stub(page):
        faults += checks.image_faults(BOOK, page) + checks.footer_faults(BOOK, page, slthlib.__version__)
    assert not faults, shown(faults)


# The checks themselves: each is seen to pass a good page and to fail on a planted fault.

GOOD = """<!doctype html><html lang="en" data-theme="light"><head><title>Good</title><link rel="icon" href="data:,">
<style>body {{ color: #222; background: #fff }}</style></head>
<body><main><h1 id="top">Good</h1><p><a href="#top">up</a> <a href="good.html#top">here</a>
<img src="dot.svg" alt="a dot"> <code>\\(raw\\)</code></p>{body}</main>
<footer>Version 1.2.3, commit abcdef0 of 2026-01-31</footer></body></html>"""
PLANTED = {
    "good": "",
    "console": "<script>console.error('planted')</script>",
    "uncaught": "<script>throw new Error('planted')</script>",
    "foreign": "<script src='http://planted.invalid/x.js'></script>",
    "lost": "<script src='planted.js'></script>",
    "file": "<a href='planted.html'>planted</a>",
    "outside": "<a href='../../../../../../etc/hostname'>planted</a>",
    "anchor": "<a href='good.html#planted'>planted</a>",
    "own-anchor": "<a href='#planted'>planted</a>",
    "alt-missing": "<img src='dot.svg'>",
    "alt-empty": "<img src='dot.svg' alt=''>",
    "alt-file": "<img src='dot.svg' alt='_images/planted.svg'>",
    "contrast": "<p style='color: #bbb'>planted</p>",
    "label": "<input type='text'>",
    "wide": "<div class='planted' style='width: 500px'>planted</div>",
    "raw": "<p>planted \\(x\\)</p>",
    "dollars": "<p>planted $x^2$</p>",
    "command": "<p>planted \\kappa</p>",
    "untypeset": "<span class='math'>planted</span>",
    "merror": "<mjx-container class='math'><mjx-container><mjx-merror data-mjx-error='planted'>x</mjx-merror>",
    "undefined": "<span class='math'><mjx-container><i style='color: red'>planted</i></mjx-container></span>",
}
ON_VISIT = [
    ("console", checks.console_faults, "planted"),
    ("uncaught", checks.console_faults, "planted"),
    ("foreign", checks.foreign_requests, "planted.invalid"),
    ("lost", checks.failed_requests, "planted.js: 404"),
    ("contrast", checks.accessibility_faults, "color-contrast"),
    ("contrast", lambda visit: checks.accessibility_faults(visit, checks.COLOURS), "color-contrast"),
    ("label", checks.accessibility_faults, "label"),
    ("wide", checks.width_faults, "div.planted"),
    ("raw", checks.mathematics_faults, "raw TeX: planted"),
    ("dollars", checks.mathematics_faults, "raw TeX: planted"),
    ("command", checks.mathematics_faults, "raw TeX: planted"),
    ("untypeset", checks.mathematics_faults, "not typeset: planted"),
    ("merror", checks.mathematics_faults, "MathJax error: planted"),
    ("undefined", checks.mathematics_faults, "MathJax error: planted"),
    ("dark", lambda visit: checks.mode_faults(visit, "dark"), "expected the dark theme, got light"),
]
ON_FILE = [
    ("file", checks.link_faults, "planted.html: no such file"),
    ("outside", checks.link_faults, "no such file"),
    ("anchor", checks.link_faults, "good.html#planted: no such anchor"),
    ("own-anchor", checks.link_faults, "#planted: no such anchor"),
    ("alt-missing", checks.image_faults, "alt is None"),
    ("alt-empty", checks.image_faults, "alt is ''"),
    ("alt-file", checks.image_faults, "_images/planted.svg"),
]


@pytest.fixture(scope="session")
def planted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    (folder / "dot.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'></svg>")
    for name, body in PLANTED.items():
        (folder / f"{name}.html").write_text(GOOD.format(body=body))
    (folder / "dark.html").write_text(GOOD.format(body=""))
    (folder / "index.html").write_text('<meta http-equiv="Refresh" content="0; url=planted.html" />')
    (folder / "old.html").write_text("<p>planted</p><footer>Version 1.2.4, commit unknown</footer>")
    return checks.Site(folder)


def test_a_good_page_has_no_faults(tabs, planted):
    visit = tabs(planted.folder, "light").go("good.html")
    for check in (
        checks.console_faults,
        checks.foreign_requests,
        checks.failed_requests,
        checks.mathematics_faults,
        checks.accessibility_faults,
        checks.width_faults,
    ):
        assert check(visit) == []
    assert checks.mode_faults(visit, "light") == []
    assert visit.page.evaluate("localStorage.getItem('theme')") == "light"


def test_a_good_file_has_no_faults(planted):
    assert checks.link_faults(planted, "good.html") == []
    assert checks.image_faults(planted, "good.html") == []
    assert checks.footer_faults(planted, "good.html", "1.2.3") == []


@pytest.mark.parametrize(
    ("name", "check", "message"), ON_VISIT, ids=[f"{name}-{place}" for place, (name, _, _) in enumerate(ON_VISIT)]
)
def test_a_fault_planted_on_a_page_is_found(tabs, planted, name, check, message):
    faults = check(tabs(planted.folder, "light").go(f"{name}.html"))
    assert len(faults) == 1
    assert message in faults[0]


@pytest.mark.parametrize(("name", "check", "message"), ON_FILE, ids=[name for name, _, _ in ON_FILE])
def test_a_fault_planted_in_a_file_is_found(planted, name, check, message):
    faults = check(planted, f"{name}.html")
    assert len(faults) == 1
    assert message in faults[0]


def test_a_stub_and_an_old_footer_are_found(planted):
    assert planted.is_stub("index.html")
    assert checks.link_faults(planted, "index.html") == ["planted.html: no such file"]
    assert [
        fault.removeprefix("the footer lacks ") for fault in checks.footer_faults(planted, "old.html", "1.2.3")
    ] == [
        "version 1.2.3",
        "a commit",
        "a date",
    ]
