"""The table of the ledger page."""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from sphinx_ext.ledger_boxes import boxes_of, ledger_link, pages_of, statements
from sphinx_ext.ledger_rows import FOLDER, STATUSES, Row, cell_check, ledger_files, read_rows


class LedgerDirective(SphinxDirective):
    """The table of all statements."""

    def run(self) -> list[nodes.Node]:
        """Parse the rows now, because citations must be seen early; order and titles come when all is read."""
        root = Path(self.env.srcdir)
        rows = list(read_rows(root)[0].values())
        for file in ledger_files(root):
            self.env.note_dependency(str(file))
        pages_of(self.env).add(self.env.docname)
        counts = {status: sum(row.status == status for row in rows) for status in STATUSES}
        lines = [
            f"{len(rows)} statements: " + ", ".join(f"{status} {n}" for status, n in counts.items() if n) + ".",
            "",
        ]
        if rows:
            lines += ["| Statement | Title | Source | Status | Checked by |", "| --- | --- | --- | --- | --- |"]
            lines += [self._line(row, root) for row in rows]
        holder = nodes.container(classes=["ledger"])
        self.state.nested_parse(StringList(lines, source=str(root / FOLDER)), self.content_offset, holder)
        for table in holder.findall(nodes.table):
            for row, line in zip(rows, next(table.findall(nodes.tbody)).children, strict=True):
                line["ids"].append(f"ledger-{row.label}")
                line["ledger_label"] = row.label
        return [holder]

    def _line(self, row: Row, root: Path) -> str:
        cells = []
        for one in row.checks:
            if one.startswith("cell:"):
                docname, tag = cell_check(one, root)
                link = f"{{doc}}`/{docname}`" if docname in self.env.found_docs else f"`{docname}`"
                cells.append(f"{link}, cell `{tag}`")
            else:
                cells.append(f"`{one}`")
        status = " ".join(filter(None, [row.status, f"({row.note})" if row.note else ""]))
        parts = [f"{{prf:ref}}`{row.label}`", "", row.source, status, "; ".join(cells) or "–"]
        return "| " + " | ".join(re.sub(r"\s*\n\s*", " ", part).replace("|", r"\|") for part in parts) + " |"


class FillLedger(SphinxPostTransform):
    """Sort the table by appearance and fill in titles, before references are resolved."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        """Change the page that holds the table; on others resolve the links to it."""
        places = [(name, box["label"]) for name in _order(self.env) for box in boxes_of(self.env).get(name, ())]
        order = {label: (number, docname) for number, (docname, label) in enumerate(places)}
        titles: dict[str, list[nodes.Node]] = {}
        for body in self.document.findall(nodes.tbody):
            lines = [line for line in body.children if line.get("ledger_label")]
            if not lines:
                continue
            body.children.sort(key=lambda line: order.get(line["ledger_label"], (len(order), ""))[0])
            for docname in dict.fromkeys(
                order[one["ledger_label"]][1] for one in lines if one["ledger_label"] in order
            ):
                for box in statements(self.env.get_doctree(docname)):
                    titles[box["label"]] = _title(box, self.config.proof_title_format)
            for line in lines:
                label = line["ledger_label"]
                line[1].children = [nodes.paragraph("", "", *(titles.get(label) or [nodes.Text("–")]))]
                if label not in order:  # complained about; sphinx-proof would do so again
                    line[0].children = [nodes.paragraph("", label)]
        for link in list(self.document.findall(ledger_link)):
            link.replace_self(self._resolve(link))

    def _resolve(self, link: ledger_link) -> list[nodes.Node]:
        """Put a link to a chapter, or a dot and a link to the row; nothing in a book without a ledger page."""
        titles, relative = self.env.titles, self.app.builder.get_relative_uri
        if "document" in link:
            target = link["document"]
            if target not in titles:
                return [nodes.literal("", target)]
            return [
                nodes.reference("", titles[target].astext(), internal=True, refuri=relative(self.env.docname, target))
            ]
        target = next(iter(sorted(pages_of(self.env) & self.env.all_docs.keys())), None)
        if target is None:
            return []
        uri = f"{relative(self.env.docname, target)}#ledger-{link['label']}"
        return [nodes.Text(" · "), nodes.reference("", link.astext(), internal=True, refuri=uri)]


def _title(box: nodes.Element, form: str) -> list[nodes.Node]:
    """What stands between the parentheses of a box's title."""
    # Not copy.deepcopy: it follows the parent of a text and copies the whole page, for every box.
    parts = [node.deepcopy() for node in next(box.findall(nodes.title)).children]
    before, _, after = form.partition("%t")
    if parts and isinstance(parts[0], nodes.Text):
        parts[0] = nodes.Text(parts[0].removeprefix(before).lstrip().removeprefix(before.lstrip()))
    if parts and isinstance(parts[-1], nodes.Text):
        parts[-1] = nodes.Text(parts[-1].removesuffix(after))
    return parts


def _order(env: BuildEnvironment) -> list[str]:
    """Documents in the order of the table of contents, then those outside it."""
    found: dict[str, None] = {}

    def walk(name: str) -> None:
        if name not in found:
            found[name] = None
            for child in env.toctree_includes.get(name, ()):
                walk(child)

    walk(env.config.root_doc)
    return [*found, *sorted(env.all_docs.keys() - found.keys())]
