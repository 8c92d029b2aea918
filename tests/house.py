"""What several gates ask about the repository: its top folder, its pages, the cells of its notebooks."""

import json
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]


def pages(root):
    """Docnames in the order of `_toc.yml`, such as chapters/sums/partition."""
    found = []

    def walk(entry):
        if isinstance(entry, dict):
            found.extend(str(entry[key]) for key in ("root", "file") if key in entry)
            for key in ("parts", "chapters", "sections", "subtrees", "entries"):
                walk(entry.get(key))
        elif isinstance(entry, list):
            for one in entry:
                walk(one)

    walk(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8")))
    return [page.removesuffix(".ipynb").removesuffix(".md") for page in found]


def notebooks(root):
    """Docnames of the pages that are notebooks under chapters/."""
    return [page for page in pages(root) if page.startswith("chapters/") and (root / f"{page}.ipynb").is_file()]


def cells(path, kind=None):
    """Cells of a notebook as dictionaries, sources joined to one string; only those of one kind if asked."""
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell in found:
        cell["source"] = "".join(cell["source"])
        cell["tags"] = cell.get("metadata", {}).get("tags", [])
    return [cell for cell in found if kind in (None, cell["cell_type"])]
