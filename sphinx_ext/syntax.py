"""Small questions about syntax trees."""

import ast


def is_frame(node: ast.stmt) -> bool:
    """Whether a statement of an ``__init__`` is an import, text or ``__all__``."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return _is_text(node) or any(isinstance(one, ast.Name) and one.id == "__all__" for one in targets)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def without_docstrings(tree: ast.Module) -> ast.Module:
    """Drop the text that stands as a statement, in place."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_text(one)] or ([ast.Pass()] if body else [])
    return tree


def defined(tree: ast.Module) -> set[str]:
    """Names that code defines or assigns."""
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return names | {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def dynamic_import(node: ast.AST) -> str:
    """Name in ``import_module("a literal")``, empty for anything else."""
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
        return ""
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    return str(node.args[0].value) if name in ("import_module", "__import__") else ""
