"""What the ledger complains about, one fault at a time."""

from pathlib import Path

import pytest
from tiny_book import edit, write_book

from sphinx_ext.ledger_rows import read_rows, verify


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write_book(tmp_path)


def complaints(book: Path) -> list[str]:
    rows, found = read_rows(book)
    return [f"{one.place}: {one.text}" for one in found + verify(rows, book)]


def test_the_tiny_book_is_in_order(book: Path) -> None:
    assert complaints(book) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (
            "ledger/tiny.yml",
            "proved here",
            "proven",
            "ledger/tiny.yml:6: row 'thm-gap' has the unknown status 'proven'",
        ),
        ("ledger/tiny.yml", "status: cited", "status: proved here", "ledger/tiny.yml:2: row 'prp-far' names no check"),
        ("ledger/tiny.yml", 'source: "{cite}`tiny`"', "source:", "row 'prp-far' names no source"),
        ("ledger/tiny.yml", "note:", "nota:", "row 'prp-far' has unknown entries: nota"),
        ("ledger/tiny.yml", "prp-far", "thm-gap", "a second row for 'thm-gap'"),
        ("ledger/tiny.yml", "checks: [", "checks: x #[", "row 'thm-gap' must be a mapping"),
        ("ledger/tiny.yml", "status: cited", "status: [", "the ledger is not YAML"),
        (
            "ledger/tiny.yml",
            "test_gap.py",
            "test_gone.py",
            "names the test file tests/sums/test_gone.py, which does not",
        ),
        (
            "ledger/tiny.yml",
            "::test_gap",
            "::test_gone",
            "names the test test_gone, which tests/sums/test_gap.py does not",
        ),
        ("ledger/tiny.yml", "::test_gap", "", "has the check 'tests/sums/test_gap.py': write"),
        ("ledger/tiny.yml", "::test_gap", "::test_unmarked", 'lacks the decorator @pytest.mark.ledger("thm-gap")'),
        ("ledger/tiny.yml", "#gap", "#gone", "no code cell of chapters/sums/partition.ipynb carries the tag 'gone'"),
        ("ledger/tiny.yml", "sums/partition#", "sums/gone#", "but there is no notebook sums/gone.ipynb"),
        ("sums/partition.ipynb", "assert answer", "answer", "but the cell with that tag asserts nothing"),
        ("../tests/sums/test_gap.py", '"thm-gap"', '"thm-gap", "thm-lost"', '@pytest.mark.ledger("thm-lost") names no'),
    ],
)
def test_each_fault_is_told(book: Path, name: str, old: str, new: str, expected: str) -> None:
    edit(book / "chapters" / name, old, new)
    found = complaints(book)
    assert any(expected in one for one in found), found
    assert len(found) <= 2, found


def test_methods_and_classes_carry_marks(book: Path) -> None:
    code = (
        'import pytest\n@pytest.mark.ledger("thm-gap")\nclass TestGap:\n    def test_one(self):\n        pass\n\n'
        '    @pytest.mark.ledger("prp-far")\n    def test_two(self):\n        pass\n'
    )
    (book / "tests/sums/test_more.py").write_text(code, "utf-8")
    ledger = book / "chapters/ledger/tiny.yml"
    edit(ledger, "test_gap.py::test_gap", "test_more.py::TestGap::test_one")
    edit(ledger, "  note:", '  checks: ["tests/sums/test_more.py::TestGap::test_two"]\n  note:')
    assert complaints(book) == []
