"""Notebooks as files: one canonical text for each, so that a diff shows what changed and nothing else."""

import os
from pathlib import Path
from typing import Any

import nbformat

Notebook = nbformat.NotebookNode


def load(path: str | Path) -> Notebook:
    """Read a notebook."""
    return nbformat.reads(Path(path).read_text("utf-8"), as_version=4)


def save(path: str | Path, notebook: Notebook) -> bool:
    """Write a notebook in canonical form; tell whether that changed the file."""
    path = Path(path)
    text = nbformat.writes(normalise(notebook)).rstrip("\n") + "\n"
    if path.is_file() and path.read_text("utf-8") == text:
        return False
    replace(path, text)
    return True


def replace(path: Path, text: str) -> None:
    """Write at once: who is interrupted leaves the old file, never half of a new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".draft")
    draft.write_text(text, "utf-8")
    os.replace(draft, path)


def normalise(notebook: Notebook) -> Notebook:
    """Drop what differs between two machines: editor, kernel and Python versions, times, random cell names."""
    notebook = nbformat.from_dict(notebook)
    kept = {key: value for key, value in notebook.metadata.items() if key not in ("kernelspec", "language_info")}
    for key in ("widgets", "vscode", "toc", "colab", "celltoolbar", "orig_nbformat"):
        kept.pop(key, None)
    kept["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    kept["language_info"] = {"name": "python"}
    notebook.metadata = nbformat.from_dict(kept)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: set[str] = set()
    for number, cell in enumerate(notebook.cells):
        # nbformat would draw a random name, another one each time.
        if not cell.get("id") or cell.id in seen:
            cell.id = f"cell-{number}"
        seen.add(cell.id)
        for key in ("execution", "collapsed", "ExecuteTime"):
            cell.metadata.pop(key, None)
        if cell.cell_type == "code":
            cell.outputs = coalesce(cell.outputs)
    return notebook


def coalesce(outputs: list[Any]) -> list[Any]:
    """Join pieces of one stream: how a kernel cuts it depends on timing."""
    joined: list[Any] = []
    for output in outputs:
        before = joined[-1] if joined else None
        if before and output.output_type == before.output_type == "stream" and output.name == before.name:
            before.text += output.text
        else:
            joined.append(output)
    return joined


def with_outputs(path: str | Path, executed: str | Path) -> Notebook:
    """The notebook at ``path`` with the outputs of its executed copy, whose code cells are the same."""
    notebook, copy = load(path), load(executed)
    outputs = iter([cell for cell in copy.cells if cell.cell_type == "code" and cell.source.strip()])
    for cell in notebook.cells:
        if cell.cell_type == "code":
            done = next(outputs) if cell.source.strip() else None
            cell.outputs = done.outputs if done else []
            cell.execution_count = done.execution_count if done else None
    return notebook
