"""The frame of the site: footer, buttons, downloads, repairs."""

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document
from tiny_book import build, edit

from sphinx_ext.repairs import accessible, repair_proofs
from sphinx_ext.runs_in import duration
from sphinx_ext.site import configure, edition

PAGE = "_build/html/chapters/sums/partition.html"


def options(tmp_path: Path, **given: object) -> dict:
    config = SimpleNamespace(html_theme_options=dict(given))
    configure(SimpleNamespace(srcdir=tmp_path), config)
    return config.html_theme_options


def test_without_a_repository_no_button_is_left(tmp_path: Path) -> None:
    left = options(tmp_path, repository_url="", repository_branch="main", launch_buttons={"thebe": True}, logo={})
    assert left.keys() == {"logo", "extra_footer"}


def test_a_repository_brings_all_buttons(tmp_path: Path) -> None:
    left = options(tmp_path, repository_url="https://github.com/a/b", launch_buttons={"colab_url": "x"})
    assert left["use_issues_button"] is left["use_repository_button"] is left["use_edit_page_button"] is True
    assert left["launch_buttons"] == {"colab_url": "x"}


def test_the_footer_says_version_commit_and_date(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2"\n', "utf-8")
    assert edition(tmp_path / "nowhere") == "Version unknown, commit unknown"
    assert edition(tmp_path) == "Version 1.2, commit unknown"
    git = [
        "git",
        "-C",
        str(tmp_path),
        "-c",
        "user.name=n",
        "-c",
        "user.email=e@example.org",
        "-c",
        "init.defaultBranch=m",
    ]
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x", "--date", "2020-02-02T00:00:00Z"]):
        subprocess.run([*git, *command], check=True)
    assert re.fullmatch(r"Version 1\.2, commit [0-9a-f]{7,} of \d{4}-\d\d-\d\d", edition(tmp_path))
    footer = options(tmp_path, extra_footer="Ours")["extra_footer"]
    assert footer.startswith('Ours\n<p class="edition">Version 1.2')


def test_folded_proofs_get_a_title_and_ids_are_unique() -> None:
    proofs = [
        nodes.admonition("", nodes.paragraph("", "Proof. By hand."), classes=["proof", "dropdown"], ids=["proof"])
    ]
    proofs.append(nodes.admonition("", nodes.paragraph("", "Proof. Plain."), classes=["proof"], ids=["proof"]))
    document = new_document("page")
    document += proofs
    repair_proofs(None, document)
    assert [one["ids"] for one in proofs] == [[], []]
    assert [one.astext() for one in proofs] == ["Proof\n\nBy hand.", "Proof. Plain."]


def test_html_is_mended() -> None:
    body = '<div role="list"><div role="doc-biblioentry"><pre>x</pre></div></div><section class="a" id="proof-content">'
    assert accessible(body) == (
        '<div role="list"><div role="listitem"><pre tabindex="0">x</pre></div></div><section class="a">'
    )
    assert "<dl>" not in accessible("f(\n\n<dl>\n<dd><em>x</em>,</dd>\n</dl>\n\n)")
    glossary = "<dl>\n<dt>x</dt>\n<dd>y</dd>\n</dl>"
    assert accessible(glossary) == glossary


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.4, "less than 1 s"), (21.2, "21 s"), (60, "1 min"), (125.4, "2 min 5 s")]
)
def test_durations_are_readable(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


@pytest.mark.slow
def test_pages_carry_what_the_extensions_add(built: Path) -> None:
    read = {
        name: (built / f"_build/html/{name}.html").read_text("utf-8")
        for name in (
            "chapters/sums/partition",
            "chapters/back/ledger",
            "chapters/back/status",
            "chapters/back/library",
        )
    }
    for page in read.values():
        assert "Version 0.3.1, commit" in page
        assert "THEBE_JS_URL" not in page
        for button in ("colab", "btn-source-repository-button", "github.com"):
            assert button not in page
    partition, ledger, status, library = read.values()
    assert re.search(r">Runs in (less than 1|\d+) s<", partition)
    assert 'class="ledger-status">Proved here' in partition
    assert 'href="../back/ledger.html#ledger-thm-gap"' in partition
    assert ledger.index("Theorem 1.1") < ledger.index("Proposition 2.1")
    assert 'id="ledger-thm-gap"' in ledger
    assert "2 statements: proved here 1, cited 1." in ledger
    assert "Author, 2001" in ledger
    assert re.search(r"<td><p>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d</p></td>", status)
    assert "Python 3." in status
    assert 'id="tinylib.sums.best"' in library
    assert library.index("tinylib.lab.records</span>") < library.index('id="tinylib.lab.records.read"')
    assert re.search(r'Used in: <a class="reference internal" href="../sums/partition.html">', library)


@pytest.mark.slow
def test_one_setting_brings_the_repository_and_the_ledger_page_may_be_left_out(book: Path) -> None:
    edit(book / "_config.yml", 'url: ""', "url: https://github.com/nobody/tiny")
    edit(book / "_config.yml", "colab_url:", "thebe: true\n  colab_url:")
    edit(book / "_toc.yml", "      - file: chapters/back/ledger\n", "")
    gone = book / "_build/html/chapters/back/ledger.html"
    assert gone.exists()
    code, said = build(book)
    assert code == 0, said
    assert not gone.exists()
    page = (book / PAGE).read_text("utf-8")
    assert "https://colab.research.google.com/github/nobody/tiny/blob/" in page
    assert "btn-source-issues-button" in page
    assert page.count("const THEBE_JS_URL") == 1
    assert "in the ledger" not in page.partition("ledger-status")[2].partition("</p>")[0]


@pytest.mark.slow
def test_an_interrupted_build_is_taken_up_from_the_start(book: Path) -> None:
    """Sphinx saves what it read before it writes pages: killed in between, it would never write them."""
    (book / "_build/.doctrees/unfinished").touch()
    code, said = build(book)
    assert code == 0, said
    assert "7 added" in said
    assert not (book / "_build/.doctrees/unfinished").exists()
    code, said = build(book)
    assert code == 0, said
    assert "0 added" in said


@pytest.mark.slow
def test_a_docstring_that_names_a_chapter_which_does_not_exist_fails(book: Path) -> None:
    edit(book / "tinylib/sums/partition.py", "Used in: sums/partition.", "Used in: sums/gone.")
    code, said = build(book)
    assert code != 0
    assert "unknown document: '/chapters/sums/gone'" in said
