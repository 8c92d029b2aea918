"""Recorded results on a page: the table itself, and where it comes from, read from the files it was recorded in."""

from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from slthlib.lab import records
from sphinx_ext.record_status import FOLDER, Standing, payloads, standing
from sphinx_ext.runs_in import duration

LOGGER = logging.getLogger(__name__)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"
    return str(value).replace("|", "\\|")


def provenance_line(record: records.Record) -> str:
    """One sentence: when, by which command, on what, how long, and the payload's fingerprint."""
    about = record.provenance
    machine = about["hardware"]
    took = f" in {duration(about['wall_seconds'])}" if about["wall_seconds"] is not None else ""
    return (
        f"Recorded {about['date'][:10]} by `{about['command']}` (seed {about['seed']}){took} "
        f"on {machine['cpu']}, {machine['cores']} cores. "
        f"File `{about['payload']}`, sha256 `{about['sha256'][:12]}`."
    )


class RecordDirective(SphinxDirective):
    """A recorded CSV as a table: the columns named, the rows kept by ``where``, then its provenance."""

    required_arguments = 1
    option_spec: ClassVar = {"columns": directives.unchanged_required, "where": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Read and verify the record named, relative to this page."""
        path = Path(self.env.doc2path(self.env.docname)).parent / self.arguments[0]
        self.env.note_dependency(str(path))
        self.env.note_dependency(str(path.with_suffix(".provenance.json")))
        try:
            record = records.read(path)
            lines = self._table(record)
        except (ValueError, OSError, KeyError) as error:
            LOGGER.warning("record: %s", error, location=self.get_location())
            return []
        holder = nodes.container(classes=["record"])
        lines += ["", provenance_line(record)]
        self.state.nested_parse(StringList(lines, source=str(path)), self.content_offset, holder)
        return [holder]

    def _table(self, record: records.Record) -> list[str]:
        """``columns: name = Heading, ...`` picks and names them; ``where: column = value`` keeps rows."""
        pairs = [pair.partition("=") for pair in self.options.get("columns", ",".join(record.columns)).split(",")]
        heads = [(name.strip(), (title or name).strip()) for name, _, title in pairs]
        count = len(next(iter(record.columns.values())))
        rows = range(count)
        if "where" in self.options:
            name, _, wanted = (part.strip() for part in self.options["where"].partition("="))
            rows = [row for row in rows if str(record[name][row]) == wanted]
        aligns = ["---" if record[name].dtype.kind in "OUST" else "--:" for name, _ in heads]
        lines = [f"| {' | '.join(title for _, title in heads)} |", f"| {' | '.join(aligns)} |"]
        for row in rows:
            lines.append(f"| {' | '.join(_cell(record[name][row].item()) for name, _ in heads)} |")
        return lines


class RecordsDirective(SphinxDirective):
    """Every recorded result of the book: where it comes from, which pages use it, how it stands to today's code."""

    def run(self) -> list[nodes.Node]:
        """Read and verify them all."""
        folder = Path(self.env.srcdir, FOLDER)
        self.env.note_reread()  # a new file in the folder is no dependency of any page yet
        lines: list[str] = []
        for path in payloads(Path(self.env.srcdir)):
            try:
                lines += self._entry(standing(path, Path(self.env.srcdir)))
            except (ValueError, OSError, KeyError) as error:
                LOGGER.warning("record: %s", error, location=self.get_location())
        holder = nodes.container(classes=["records"])
        self.state.nested_parse(StringList(lines, source=str(folder)), self.content_offset, holder)
        return [holder]

    def _entry(self, one: Standing) -> list[str]:
        pages = ", ".join(f"{{doc}}`/{page}`" for page in one.pages if page in self.env.found_docs) or "no page"
        if not one.changed:
            code = "Today's code is the code that made it."
        else:
            code = f"Changed since: {', '.join(f'`{name}`' for name in one.changed)}. {one.excuse}"
        return [f"**{one.record.path.stem.replace('_', ' ').capitalize()}**, used in {pages}.",
                f"{provenance_line(one.record)} {code}", ""]  # fmt: skip


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("record", RecordDirective)
    app.add_directive("records", RecordsDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
