"""Two edits and what they re-execute, then five faults, each of which fails the build."""

import json
from pathlib import Path

import pytest
from tiny_book import build, edit

pytestmark = pytest.mark.slow

PARTITION = "chapters/sums/partition.ipynb"


def page(book: Path, name: str) -> str:
    return (book / "_build" / "html" / f"{name}.html").read_text("utf-8")


def started(book: Path) -> dict[str, str]:
    """When each chapter was last executed, to the second, and the bytes of its record."""
    return {path.stem: path.read_text("utf-8") for path in (book / "_build" / "executed").rglob("*.json")}


def fails(book: Path, *words: str, times: int = 2) -> None:
    """The build fails with these words, and again when nothing was done about it."""
    for time in ("first", "second")[:times]:
        code, said = build(book)
        flat = " ".join(said.split())
        assert code != 0, f"the {time} build passed:\n{said}"
        for word in words:
            assert word in flat, f"{word!r} is missing from the {time} build:\n{said}"


def test_an_edited_constant_changes_the_outputs_of_the_pages_that_use_it(book: Path) -> None:
    assert "Answer(value=14)" in page(book, "chapters/sums/partition")
    before = started(book)
    edit(book / "tinylib/sums/_kernel.py", "SCALE = 2", "SCALE = 3")
    edit(book / "tinylib/sums/__init__.py", '"laws", "unrelated"]', '"laws"]')
    code, said = build(book)
    assert code == 0, said
    assert "module tinylib.sums._kernel" in said  # it says why
    assert "Answer(value=21)" in page(book, "chapters/sums/partition")
    after = started(book)
    when = json.loads(after["partition"])["started"].replace("T", " ").removesuffix("Z")
    assert when in page(book, "chapters/back/status")
    assert after["partition"] != before["partition"]
    assert after["laws"] == before["laws"], "a chapter that does not use the constant was executed"
    assert "unrelated" not in page(book, "chapters/back/library")
    # The download is the page's notebook, outputs included.
    download = json.loads((book / "_build/html/_sources" / PARTITION).read_text("utf-8"))
    assert "Answer(value=21)" in json.dumps(download)


def test_an_edited_docstring_executes_nothing(book: Path) -> None:
    before = started(book)
    edit(book / "tinylib/sums/partition.py", "Find the best.", "Find the very best.")
    edit(book / "tinylib/sums/_kernel.py", "a constant", "the constant")
    code, said = build(book)
    assert code == 0, said
    assert "executed" not in said.replace("_build/executed", "")
    assert started(book) == before
    assert "Find the very best." in page(book, "chapters/back/library")


def test_a_deleted_ledger_row_fails(book: Path) -> None:
    ledger = book / "chapters" / "ledger" / "tiny.yml"
    text = ledger.read_text("utf-8")
    ledger.write_text(text[text.index("thm-gap") :], "utf-8")
    fails(book, "chapters/sums/laws", "proposition 'prp-far' has no row in chapters/ledger")


def test_a_deleted_alt_text_fails(book: Path) -> None:
    edit(book / PARTITION, '"alt": "An empty square, nine pixels wide"', '"width": "9px"')
    fails(book, "chapters/sums/partition", "made by cell 4", "has no alt text", "mystnb: {image: {alt:")


def test_a_deleted_label_fails(book: Path) -> None:
    edit(book / "chapters/sums/laws.ipynb", ":label: prp-far\\n", "")
    fails(book, "chapters/sums/laws", "a proposition without a label", "row 'prp-far' has no box", times=1)


def test_a_broken_cell_fails(book: Path) -> None:
    edit(book / PARTITION, "answer.value % 7 == 0", "answer.value % 7 == 1")
    fails(book, "chapters/sums/partition failed", "Code cell 2", "assert answer.value % 7 == 1", "AssertionError")
    assert "partition" not in started(book), "a record of an execution that failed"
    # Mended, it is executed and passes: the failure left nothing behind.
    edit(book / PARTITION, "answer.value % 7 == 1", "answer.value % 7 == 0")
    code, said = build(book)
    assert code == 0, said


def test_a_check_that_does_not_exist_fails(book: Path) -> None:
    # No file that Sphinx knows has changed: no page is read, and the ledger is checked all the same.
    edit(book / "tests/sums/test_gap.py", "def test_gap", "def test_gone")
    gone = "names the test test_gap, which tests/sums/test_gap.py does not hold"
    fails(book, "chapters/ledger/tiny.yml:6", gone, times=1)
