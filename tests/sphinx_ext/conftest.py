"""One built book for all tests; each test works on a copy of it."""

import shutil
from pathlib import Path

import pytest
import tiny_book


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny book, built, to look at; never change or build it."""
    folder = tmp_path_factory.mktemp("tiny")
    book = tiny_book.write_book(folder / "book")
    code, said = tiny_book.build(book)
    assert code == 0, said
    return Path(shutil.copytree(book, folder / "built", symlinks=True))


@pytest.fixture
def book(built: Path) -> Path:
    """The built book for one test to spoil, incrementally: Sphinx starts anew in a folder that it does not know."""
    place = built.with_name("book")
    shutil.rmtree(place)
    return Path(shutil.copytree(built, place, symlinks=True))
