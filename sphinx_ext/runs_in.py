"""How long a chapter takes, and when and where each was last executed: from the records of the executions."""

from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from sphinx_ext.chapters import Chapter, chapters

NEVER = "not executed yet"


def duration(seconds: float) -> str:
    """A duration as a reader wants it: ``21 s``, ``2 min 5 s``."""
    if seconds < 1:
        return "less than 1 s"
    minutes, rest = divmod(round(seconds), 60)
    return " ".join(filter(None, [f"{minutes} min" if minutes else "", f"{rest} s" if rest else ""]))


def _time(app_root: str, docname: str) -> str:
    record = Chapter(Path(app_root), docname).record()
    return duration(record["wall seconds"]) if record else ""


class RunsInDirective(SphinxDirective):
    """A paragraph: Runs in 21 s."""

    def run(self) -> list[nodes.Node]:
        """Read this chapter's record."""
        time = _time(self.env.srcdir, self.env.docname)
        return [nodes.paragraph("", f"Runs in {time}" if time else f"Running time: {NEVER}", classes=["runs-in"])]


class RunsInRole(SphinxRole):
    """The same inside a sentence: the role's text, then the time."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Read this chapter's record."""
        text = f"{self.text.strip()} {_time(self.env.srcdir, self.env.docname) or f'({NEVER})'}"
        return [nodes.inline("", text, classes=["runs-in"])], []


class StatusDirective(SphinxDirective):
    """What ran, when and how long, chapter by chapter, and on what."""

    def run(self) -> list[nodes.Node]:
        """Read all records."""
        self.env.note_dependency(str(Path(self.env.srcdir, "_toc.yml")))
        found = [(one, one.record()) for one in chapters(self.env.srcdir)]
        for chapter, _ in found:
            self.env.note_dependency(str(chapter.record_path))
        lines = ["| Chapter | Executed (UTC) | Seconds | Cells | Digest |", "| --- | --- | --- | --- | --- |"]
        for chapter, record in found:
            link = f"{{doc}}`/{chapter.docname}`" if chapter.docname in self.env.found_docs else chapter.docname
            lines.append(f"| {link} | {_row(record)} |")
        if not found:
            lines = ["No chapter of this book has code cells."]
        records = [record for _, record in found if record]
        for about in {str(_machine(one)): one for one in records}.values():
            lines += ["", *_machine(about)]
        if len(records) < len(found):
            lines += ["", f"Without a record: {len(found) - len(records)} of {len(found)} chapters."]
        holder = nodes.container(classes=["status"])
        self.state.nested_parse(StringList(lines, source="status"), self.content_offset, holder)
        return [holder]


def _row(record: dict[str, Any]) -> str:
    if not record:
        return f"{NEVER} | – | – | –"
    when = record["started"].replace("T", " ").removesuffix("Z")
    return f"{when} | {record['wall seconds']} | {record['cells']} | `{record['digest'][:12]}`"


def _machine(record: dict[str, Any]) -> list[str]:
    packages = ", ".join(f"{name} {version}" for name, version in record["versions"].items()) or "none of note"
    return [
        f"- Python {record['python']}",
        f"- Packages: {packages}",
        f"- Processor: {record['cpu']}, {record['cores']} cores",
        f"- System: {record['os']}",
    ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register directives and role."""
    app.add_directive("runs-in", RunsInDirective)
    app.add_role("runs-in", RunsInRole())
    app.add_directive("status", StatusDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
