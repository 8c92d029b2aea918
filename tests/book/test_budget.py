"""A chapter keeps within its budget, opens with a promise and closes with its limits."""

import ast
import json
import re
from statistics import median

import pytest
from house import ROOT, cells, notebooks, pages

CELLS, MORE_CELLS, LONG_PARTS = (15, 25), (15, 28), ("chapters/sums/", "chapters/strong/")
WORDS = (1500, 2500)
MEDIAN, CAP = 6, 30
FREE = ("chapters/back/", "chapters/appendix/")
ASIDE = ("proof", "prf:proof", "exercise", "solution")
# What nobody compares: nbval passes over these cells.
IGNORED = {"nbval-ignore-output", "nbval-skip", "skip-execution"}
OPENS = re.compile(r"^\s*(`{3,}|:{3,}|~{3,})\s*\{([\w:-]+)\}")


def without_asides(text):
    """Text outside proofs, exercises, solutions and code blocks, without directive marks and options."""
    kept, fences, aside, options = [], [], None, False
    for line in text.splitlines():
        opening = OPENS.match(line)
        if opening:
            name = opening[2]
            if name.endswith(("-start", "-end")) and name.rpartition("-")[0] in ASIDE:
                aside = name.rpartition("-")[0] if name.endswith("-start") else None
            fences.append((opening[1], name))
            options = True
        elif fences and re.fullmatch(r"\s*" + fences[-1][0] + fences[-1][0][0] + r"*\s*", line):
            fences.pop()
        elif not fences and re.match(r"^\s*(`{3,}|~{3,})", line):
            fences.append((re.match(r"^\s*(`{3,}|~{3,})", line)[1], "code"))
        elif options and re.match(r"^\s*:[\w-]+:", line):
            continue
        else:
            options = False
            if aside is None and not any(name in (*ASIDE, "code", "code-block") for _, name in fences):
                kept.append(line)
    return "\n".join(kept), aside


def split_asides(notebook):
    """Cells of the chapter proper: (prose as text, counted code cells). Asides may stretch over several cells."""
    prose, code, inside = [], [], None
    for cell in notebook:
        if cell["cell_type"] == "code":
            if inside is None and "exercise" not in cell["tags"]:
                code.append(cell)
            continue
        text = cell["source"] if inside is None else f"```{{{inside}-start}} x\n```\n{cell['source']}"
        kept, inside = without_asides(text)
        prose.append(kept)
    return "\n\n".join(prose), code


def count_words(prose):
    """Words a reader reads: a formula in a line is one, a displayed one is none, a link is its text."""
    prose = re.sub(r"<!--.*?-->", " ", prose, flags=re.DOTALL)
    prose = re.sub(r"\$\$.*?\$\$(\s*\([\w-]+\))?", " ", prose, flags=re.DOTALL)
    prose = re.sub(r"\$[^$]+\$", " formula ", prose)
    prose = re.sub(r"\{cite[\w:]*\}`[^`]*`", " ", prose)
    prose = re.sub(r"\{[\w:-]+\}(`[^`]*`)", r"\1", prose)
    prose = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", prose)
    return len(re.findall(r"\w[\w'’.,-]*", prose))


def length(cell):
    """Lines of a code cell that are not blank."""
    return sum(bool(line.strip()) for line in cell["source"].splitlines())


def opening_faults(notebook):
    """The form of a chapter's beginning: all prose before the first code cell."""
    first = next((place for place, cell in enumerate(notebook) if cell["cell_type"] == "code"), len(notebook))
    text = "\n\n".join(cell["source"] for cell in notebook[:first])
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]
    faults = []
    if not blocks or not re.fullmatch(r"# [^\n]+", blocks[0]):
        faults.append("opening: expected a title `# ...` alone in the first paragraph")
    promise = blocks[1] if len(blocks) > 1 else ""
    sentences = len(re.findall(r"[.!?](?=\s|$)", re.sub(r"\$[^$]+\$|\b(e\.g|i\.e|cf)\.", "x", promise)))
    if sentences != 1 or re.match(r"[#*`:>-]", promise):
        faults.append(f"opening: expected one sentence of promise under the title, got {promise[:60]!r}")
    will = re.search(r"You will\**:?\s*\n((?:\s*\n|\s*[-*] .*|\s{2,}\S.*)*)", text)
    bullets = len(re.findall(r"^\s*[-*] ", will[1], re.MULTILINE)) if will else 0
    if bullets != 3:
        faults.append(f"opening: expected *You will* with 3 bullets, got {bullets}")
    for wanted in ("You need", "{runs-in}"):
        if wanted not in text:
            faults.append(f"opening: expected {wanted}")
    return faults


def has_assert(cell):
    code = "\n".join("pass" if line.startswith(("%", "!")) else line for line in cell["source"].splitlines())
    return any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(code)))


def cell_faults(notebook):
    """What each code cell owes, exercises included: an execution, and words for its pictures."""
    faults = []
    code = [cell for cell in notebook if cell["cell_type"] == "code"]
    for number, cell in enumerate(code, 1):
        if cell.get("execution_count") is None and cell["source"].strip():
            faults.append(f"code cell {number}: no execution_count: nbval would compare nothing")
        draws = any(kind.startswith("image/") for output in cell.get("outputs", []) for kind in output.get("data", {}))
        alt = cell.get("metadata", {}).get("mystnb", {}).get("image", {}).get("alt", "")
        if draws and not str(alt).strip():
            faults.append(f"code cell {number}: draws a picture without alt text (metadata mystnb.image.alt)")
    ignored = sum(bool(IGNORED & set(cell["tags"])) for cell in code)
    if 5 * ignored > len(code):
        faults.append(f"{ignored} of {len(code)} code cells are not compared, at most one in five may be")
    return faults


def budget_faults(path, docname):
    """Every way in which a chapter breaks its budget."""
    if docname.startswith(FREE):
        return []
    notebook = cells(path)
    prose, code = split_asides(notebook)
    faults = opening_faults(notebook) + cell_faults(notebook)
    low, high = MORE_CELLS if docname.startswith(LONG_PARTS) else CELLS
    if not low <= len(code) <= high:
        faults.append(f"expected {low} to {high} code cells, got {len(code)}")
    lengths = [length(cell) for cell in code]
    if lengths and median(lengths) > MEDIAN:
        faults.append(f"expected a median of at most {MEDIAN} lines a cell, got {median(lengths)}")
    for cell in notebook:
        if cell["cell_type"] == "code" and length(cell) > CAP:
            start = cell["source"].strip().splitlines()[0]
            faults.append(
                f"expected at most {CAP} lines in a cell, got {length(cell)} in the one that begins {start!r}"
            )
    words = count_words(prose)
    if not WORDS[0] <= words <= WORDS[1]:
        faults.append(f"expected {WORDS[0]} to {WORDS[1]} words, got {words}")
    if not re.search(r"\*\*Limits\b|^#+ .*\bLimits\b", prose, re.MULTILINE):
        faults.append("closing: expected **Limits**")
    if not any(has_assert(cell) for cell in code):
        faults.append("expected at least one assert: numbers in prose are guarded")
    return faults


def test_every_page_of_the_table_of_contents_exists():
    # A notebook that is not found would otherwise be a chapter that no gate looks at.
    missing = [page for page in pages(ROOT) if not any((ROOT / f"{page}{end}").is_file() for end in (".md", ".ipynb"))]
    assert missing == []
    assert notebooks(ROOT), "no chapter in _toc.yml"


@pytest.mark.parametrize("docname", notebooks(ROOT))
def test_chapter_keeps_its_budget(docname):
    faults = budget_faults(ROOT / f"{docname}.ipynb", docname)
    assert not faults, "\n" + "\n".join(faults)


# The gate is seen to fail: a chapter that keeps every rule, and one broken rule at a time.

OPENING = """# Count the sheep

After this page you can count sheep asleep, for $n = 3.$ sheep and more.

*You will*

- count one;
- count two;
- count
  more.

*You need* a [pasture](pasture.md).

```{runs-in}
```"""
PROOF = "```{prf:proof}\n:label: a\n\n" + "hidden words " * 400 + "\n```"
EXERCISE = ":::{exercise}\n" + "hidden words " * 400 + "\n:::\n\n````{solution-start} x\n````\n" + "hidden " * 999
END = "hidden " * 999 + "\n\n```{solution-end}\n```\n\n## Further reading"


def code(source="x = 1\ny = 2", number=1, outputs=(), **metadata):
    cell = {"cell_type": "code", "source": source, "execution_count": number, "outputs": list(outputs)}
    return {**cell, "metadata": metadata, "tags": metadata.get("tags", [])}


def text(source):
    return {"cell_type": "markdown", "source": source, "metadata": {}, "tags": []}


PICTURE = {"output_type": "display_data", "data": {"image/svg+xml": "<svg/>"}}
ALT = {"mystnb": {"image": {"alt": "Sheep against time"}}}


def chapter():
    return [
        text(OPENING),
        code("assert 1 + 1 == 2"),
        text("word " * 1600 + "\n$$a + b + c$$ (eq-a)\n\n" + PROOF),
        code("plot()", outputs=[PICTURE], **ALT),
        *[code(tags=["nbval-ignore-output"]) for _ in range(3)],
        *[code() for _ in range(11)],
        text("**Limits**\n\n- none known\n\n" + EXERCISE),
        *[code("long\n" * 20) for _ in range(14)],  # the solution goes on
        text(END),
        code("x = 3", tags=["exercise"]),
    ]


def faults_of(notebook, tmp_path, docname="chapters/tickets/a"):
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": notebook}))
    return budget_faults(tmp_path / "a.ipynb", docname)


def test_a_good_chapter_has_no_faults(tmp_path):
    assert faults_of(chapter(), tmp_path) == []


def edit(place, old, new):
    def change(notebook):
        assert old in notebook[place]["source"]
        notebook[place]["source"] = notebook[place]["source"].replace(old, new)

    return change


def insert(*new):
    return lambda notebook: notebook.__setitem__(slice(3, 3), new)


FAULTS = [
    (edit(0, "# Count", "Count"), "expected a title"),
    (edit(0, "and more.", "and more. Really."), "expected one sentence of promise"),
    (edit(0, "After this page", "- After"), "expected one sentence of promise"),
    (edit(0, "- count two;\n", ""), "*You will* with 3 bullets, got 2"),
    (edit(0, "You will", "You may"), "*You will* with 3 bullets, got 0"),
    (edit(0, "You need", "Bring"), "expected You need"),
    (edit(0, "{runs-in}", "{note}"), "expected {runs-in}"),
    (edit(1, "assert ", ""), "at least one assert"),
    (edit(2, "word " * 200, ""), "expected 1500 to 2500 words, got 33"),
    (edit(2, "word " * 9, "word " * 999), "expected 1500 to 2500 words"),
    (edit(18, "**Limits**", "**Ends**"), "expected **Limits**"),
    (insert(*[code() for _ in range(10)]), "expected 15 to 25 code cells, got 26"),
    (lambda notebook: notebook.__delitem__(slice(7, 9)), "expected 15 to 25 code cells, got 14"),
    (insert(code("x = 1\n" * 31)), "at most 30 lines in a cell, got 31"),
    (lambda notebook: [cell.update(source="x = 1\n\n" * 7) for cell in notebook[7:16]], "a median of at most 6"),
    (insert(code(number=None)), "no execution_count"),
    (insert(code(outputs=[PICTURE])), "without alt text"),
    (insert(code(outputs=[PICTURE], mystnb={"image": {"alt": " "}})), "without alt text"),
    (insert(*[code(tags=["nbval-ignore-output"]) for _ in range(6)]), "9 of 37 code cells are not compared"),
]


@pytest.mark.parametrize(("plant", "fault"), FAULTS)
def test_a_planted_fault_is_found(tmp_path, plant, fault):
    notebook = chapter()
    plant(notebook)
    found = faults_of(notebook, tmp_path)
    assert len(found) == 1, found
    assert fault in found[0]


def test_parts_two_and_three_may_have_more_cells(tmp_path):
    notebook = chapter() + [code() for _ in range(12)]
    assert faults_of(notebook, tmp_path, "chapters/sums/a") == []
    assert faults_of(notebook, tmp_path) == ["expected 15 to 25 code cells, got 28"]
    assert faults_of([text("# Free")], tmp_path, "chapters/back/a") == []
