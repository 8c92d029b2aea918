"""What of a source file can change a result: its syntax, without comments, docstrings and, in packages, re-exports."""

import ast
import hashlib
from copy import deepcopy
from functools import lru_cache
from pathlib import Path

#: What an ``__init__`` offers, at once or on first use. A name more changes nothing for who does not use it, and where
#: the names in use come from is followed.
_EXPORTS = {"__all__", "_FUNCTIONS", "_MODULES", "_ROOMS"}


def is_frame(node: ast.stmt) -> bool:
    """Whether a statement of an ``__init__`` is an import, text or a table of exports."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return _is_text(node) or any(isinstance(one, ast.Name) and one.id in _EXPORTS for one in targets)


def counting(tree: ast.Module, *, package: bool) -> ast.Module:
    """The part of a module that counts: all; of an ``__init__``, what is neither import nor text nor exports."""
    return ast.Module([node for node in tree.body if not is_frame(node)], []) if package else tree


def essence(tree: ast.Module) -> str:
    """Canonical text of code: no comments, docstrings or line numbers."""
    return ast.dump(_without_docstrings(deepcopy(tree)))


def digest(path: Path) -> str:
    """sha256 of what of a file counts; of a file that is no Python, of its bytes."""
    about = path.stat()
    return _digest(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=4096)
def _digest(path: Path, changed: int, size: int) -> str:
    """Parsing a hundred modules takes seconds: done once for every state of a file."""
    if path.suffix != ".py":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    tree = counting(ast.parse(path.read_text("utf-8"), str(path)), package=path.name == "__init__.py")
    return hashlib.sha256(essence(tree).encode()).hexdigest()


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_text(one)] or ([ast.Pass()] if body else [])  # type: ignore[attr-defined]
    return tree
