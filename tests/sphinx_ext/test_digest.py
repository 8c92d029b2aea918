"""What a chapter's digest sees and what it does not."""

import json
from pathlib import Path

import pytest
from tiny_book import edit, notebook, write_book

from sphinx_ext.digest import DigestError, chapter_digest, chapter_parts


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write_book(tmp_path)


def modules(book: Path, *cells: str) -> set[str]:
    """Plain modules that a chapter with these cells depends on."""
    path = book / "chapters" / "sums" / "probe.ipynb"
    path.write_text(notebook([(cell, {}) for cell in cells]), "utf-8")
    parts = chapter_parts(path, book, package="tinylib")
    names = {name.removeprefix("module ") for name in parts if name.startswith("module ")}
    return {name for name in names if not book.joinpath(*name.split("."), "__init__.py").is_file()}


def digests(book: Path) -> tuple[str, str]:
    return tuple(
        chapter_digest(book / f"chapters/sums/{name}.ipynb", book, package="tinylib") for name in ("partition", "laws")
    )


SOLVER = {"tinylib.sums.partition", "tinylib.sums._kernel"}
EVERYTHING = SOLVER | {"tinylib.sums.laws", "tinylib.sums.other"}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("from tinylib.sums import best", SOLVER),
        ("from tinylib.sums import best as b, unrelated", SOLVER | {"tinylib.sums.other"}),
        ("from tinylib.sums import laws", {"tinylib.sums.laws"}),
        ("from tinylib.sums.laws import law", {"tinylib.sums.laws"}),
        ("import tinylib.sums.laws", {"tinylib.sums.laws"}),
        ("import tinylib.sums.laws as laws\nlaws.law(1)", {"tinylib.sums.laws"}),
        ("from tinylib import sums\nsums.laws.law(3)", {"tinylib.sums.laws"}),
        ("from tinylib import sums\nsums.unrelated()", {"tinylib.sums.other"}),
        ("import tinylib.sums as s\ns.unrelated()\ns.laws.law(2)", {"tinylib.sums.other", "tinylib.sums.laws"}),
        ("import tinylib\ntinylib.sums.best([1])", SOLVER),
        ("import tinylib.sums\ndef f():\n    return [tinylib.sums.best([1]).value]", SOLVER),
        ("from tinylib import sums", set()),
        ("from tinylib import sums\nprint(sums)", EVERYTHING),
        ("from tinylib import sums\ngetattr(sums, 'be' + 'st')", EVERYTHING),
        ("from tinylib import sums\nsums.no_such_name", EVERYTHING),
        ("from tinylib.sums import *", EVERYTHING),
        ("import importlib\nimportlib.import_module('tinylib.sums.other')", {"tinylib.sums.other"}),
        ("import json, numpy as np", set()),
    ],
)
def test_names_are_followed_to_where_they_come_from(book: Path, cell: str, expected: set[str]) -> None:
    assert modules(book, cell) == expected


def test_a_name_bound_in_one_cell_is_followed_in_the_next(book: Path) -> None:
    assert modules(book, "from tinylib import sums as s", "s.unrelated()") == {"tinylib.sums.other"}


def test_magics_do_not_hide_code(book: Path) -> None:
    assert modules(book, "%matplotlib inline\nfrom tinylib.sums import laws\n%timeit -n 3 laws.law(2)") == {
        "tinylib.sums.laws"
    }
    assert modules(book, "%%time\nfrom tinylib.sums import laws") == {"tinylib.sums.laws"}
    assert modules(book, "%%bash\nls -l /") == set()
    assert modules(book, "x = (7\n% 4)") == set()
    with pytest.raises(DigestError, match=r"probe.ipynb, code cell 2 is not Python"):
        modules(book, "1", "def")


def test_docstrings_comments_and_layout_do_not_count(book: Path) -> None:
    before = digests(book)
    edit(book / "tinylib/sums/partition.py", "Find the best.", "Find another.")
    edit(book / "tinylib/sums/partition.py", '"""Partition."""\n', "")
    edit(book / "tinylib/sums/_kernel.py", "SCALE = 2  # a constant", "\n# Twice.\n\nSCALE = (\n    2\n)")
    edit(book / "tinylib/sums/__init__.py", '"""Sums."""', '"""All sums."""')
    edit(book / "requirements.txt", "# not needed", "# perhaps")
    assert digests(book) == before


def test_a_constant_counts_for_the_chapters_that_use_it(book: Path) -> None:
    partition, laws = digests(book)
    edit(book / "tinylib/sums/_kernel.py", "2", "3")
    assert digests(book)[0] != partition
    assert digests(book)[1] == laws
    edit(book / "tinylib/sums/laws.py", "2.0", "3.0")
    assert digests(book)[1] != laws


def test_names_that_a_package_loads_on_first_use_are_followed(book: Path) -> None:
    edit(book / "tinylib/sums/__init__.py", "from .other import unrelated\n", "")
    edit(
        book / "tinylib/sums/__init__.py",
        "\n__all__",
        '_FUNCTIONS = {"unrelated": "other", "gone": "nowhere"}\n\ndef __getattr__(name): pass\n\n__all__',
    )
    assert modules(book, "from tinylib.sums import unrelated") == {"tinylib.sums.other"}
    assert modules(book, "from tinylib import sums\nsums.unrelated()") == {"tinylib.sums.other"}
    assert modules(book, "from tinylib.sums import gone") == EVERYTHING
    before = digests(book)
    edit(book / "tinylib/sums/__init__.py", '"gone"', '"lost"')
    assert digests(book) == before


def test_code_in_an_init_counts_and_a_new_export_does_not(book: Path) -> None:
    before = digests(book)
    (book / "tinylib/sums/new.py").write_text("def extra(): pass\n", "utf-8")
    edit(book / "tinylib/sums/__init__.py", "\n__all__", "from .new import extra\n\n__all__")
    assert digests(book) == before
    edit(book / "tinylib/sums/__init__.py", "\n__all__", "\nextra()\n__all__")
    assert "module tinylib.sums.new" in chapter_parts(book / "chapters/sums/laws.ipynb", book, package="tinylib")


def test_tags_the_lock_and_package_data_count(book: Path) -> None:
    seen = {digests(book)}
    for name, old, new in [
        ("chapters/sums/partition.ipynb", '"gap"', '"gap", "raises-exception"'),
        ("chapters/sums/partition.ipynb", "[1, 2, 4]", "[1, 2, 5]"),
        ("requirements.txt", "2.0.0", "2.0.1"),
    ]:
        edit(book / name, old, new)
        seen.add(digests(book))
    (book / "tinylib/sums/table").mkdir()
    (book / "tinylib/sums/table/t.dat").write_bytes(b"1")
    seen.add(digests(book))
    assert len(seen) == 5
    edit(book / "chapters/sums/partition.ipynb", "This one is told", "This one says")
    edit(book / "chapters/sums/partition.ipynb", "An empty square", "A hollow square")
    assert digests(book) in seen


def test_recorded_data_count_with_their_provenance(book: Path) -> None:
    partition, laws = digests(book)
    edit(book / "chapters/results/gap.provenance.json", "1", "2")
    new = digests(book)
    assert (new[0] == partition, new[1] == laws) == (True, False)
    edit(book / "chapters/results/gap.csv", "3,1", "3,2")
    assert digests(book)[1] not in (laws, new[1])
    (book / "chapters/results/gap.csv").unlink()
    with pytest.raises(DigestError, match=r"laws.ipynb, code cell 2 reads the record ../results/gap.csv, but gap.csv"):
        digests(book)


@pytest.mark.parametrize(
    "cell",
    [
        "from tinylib.lab import records\nrecords.read(name)",
        "from tinylib.lab import records as r\nr.read(name)",
        "from tinylib import lab\nlab.records.read(name)",
        "from tinylib.lab.records import read\nread(name)",
        "from tinylib.lab.records import read as get\nget(path=name)",
        "from tinylib.lab.records import read_record\nread_record(f'{name}')",
        "import tinylib.lab.records\ntinylib.lab.records.read()",
    ],
)
def test_a_record_is_read_by_a_literal_path(book: Path, cell: str) -> None:
    with pytest.raises(DigestError, match=r"code cell 2: `.*\(.*\)` must give the path as a literal string"):
        modules(book, "name = 'x'", cell)


def test_sources_held_as_lines_have_the_same_digest(book: Path) -> None:
    before = digests(book)
    path = book / "chapters/sums/partition.ipynb"
    data = json.loads(path.read_text("utf-8"))
    for cell in data["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    path.write_text(json.dumps(data), "utf-8")
    assert digests(book) == before
