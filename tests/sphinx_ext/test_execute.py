"""The command line: what runs, what is stored, and what fails."""

import json
from pathlib import Path

import pytest
from tiny_book import edit, notebook, write_book

from sphinx_ext import notebooks
from sphinx_ext.chapters import chapters
from sphinx_ext.execute import execute, main
from sphinx_ext.notebooks import coalesce, normalise

PARTITION = "chapters/sums/partition.ipynb"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write_book(tmp_path)


def test_chapters_are_those_of_the_contents_that_have_code(book: Path) -> None:
    (book / "chapters/sums/laws.ipynb").write_text(notebook(["# Laws"]), "utf-8")
    (book / "chapters/sums/stray.ipynb").write_text(notebook([("1", {})]), "utf-8")
    assert [one.docname for one in chapters(book)] == ["chapters/sums/partition"]


@pytest.mark.slow
def test_store_writes_canonical_notebooks(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = book / PARTITION
    data = json.loads(path.read_text("utf-8"))
    data["metadata"] = {"language_info": {"name": "python", "version": "2.7"}, "vscode": {}}
    data["cells"][1]["metadata"]["execution"] = {"iopub.status.busy": "now"}
    path.write_text(json.dumps(data), "utf-8")
    assert main(["--root", str(book), "--store"]) == 0
    assert "stored: chapters/sums/partition" in capsys.readouterr().out
    text = path.read_text("utf-8")
    assert text.endswith("}\n")
    assert text.splitlines()[1] == ' "cells": ['
    stored = json.loads(text)
    assert stored["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert stored["cells"][1]["outputs"][0]["text"] == ["Answer(value=14)\n"]
    assert stored["cells"][1]["metadata"] == {}
    assert [cell["execution_count"] for cell in stored["cells"][1:]] == [1, 2, 3]
    # A second time nothing runs and no byte changes; prose that changed does not count.
    edit(path, "This one is told", "This one says")
    before = path.read_bytes()
    assert main(["--root", str(book), "--store"]) == 0
    said = capsys.readouterr().out
    assert "executed" not in said
    assert "fresh: chapters/sums/partition, chapters/sums/laws" in said
    assert path.read_bytes() == before
    assert "This one says" in (book / "_build/executed" / PARTITION).read_text("utf-8")


@pytest.mark.slow
def test_failures_are_shown_and_never_cached(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(book / PARTITION, "print(answer)", "import sys\\nprint('careless', file=sys.stderr)")
    edit(book / "chapters/sums/laws.ipynb", "print(laws.law(3))", "print(laws.law(3)\\n)\\n1 / 0")
    for _ in range(2):
        assert main(["--root", str(book)]) == 1
        said = capsys.readouterr()
        assert "failed: chapters/sums/laws" in said.out
        assert "chapters/sums/laws failed.\nCode cell 1 (cell 2 of the notebook):" in said.err
        assert "    1 / 0\n" in said.err
        assert "ZeroDivisionError: division by zero" in said.err
        assert "must be free of that. Silence its cause:\n    careless" in said.err
        assert list((book / "_build/executed").rglob("*.*")) == []


@pytest.mark.slow
def test_the_tree_whose_digest_was_taken_is_the_one_that_runs(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = book.parent / "other" / "tinylib"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("raise RuntimeError('the wrong one')\n", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(other.parent))
    assert len(execute(book, package="tinylib", workers=2, say=lambda line: None)) == 2


def test_a_folder_without_a_book_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--root", str(tmp_path)])
    assert "holds no _toc.yml" in capsys.readouterr().err


def test_pieces_of_a_stream_are_joined() -> None:
    pieces = [("stdout", "a"), ("stdout", "b"), ("stderr", "c"), ("stdout", "d")]
    outputs = [notebooks.Notebook(output_type="stream", name=name, text=text) for name, text in pieces]
    assert [(one.name, one.text) for one in coalesce(outputs)] == [("stdout", "ab"), ("stderr", "c"), ("stdout", "d")]


def test_cells_without_names_get_the_same_ones_each_time(book: Path) -> None:
    bare = notebooks.load(book / PARTITION)
    for cell in bare.cells:
        del cell["id"]
    assert [cell.id for cell in normalise(bare).cells] == ["cell-0", "cell-1", "cell-2", "cell-3"]
