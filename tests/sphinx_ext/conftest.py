"""One built book for all tests; each test works on a copy of it."""

import sys
from pathlib import Path

import pytest

# The extensions are no installed package: they are found as the book finds them, from its folder.
sys.path.insert(0, str(Path(__file__).parents[2]))

import tiny_book


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny book, built; never change it."""
    book = tiny_book.write_book(tmp_path_factory.mktemp("tiny") / "book")
    code, said = tiny_book.build(book)
    assert code == 0, said
    return book


@pytest.fixture
def book(built: Path, tmp_path: Path) -> Path:
    """A copy of the built book, for one test to spoil."""
    return tiny_book.copy_book(built, tmp_path / "book")
