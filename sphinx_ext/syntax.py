"""Small questions about syntax trees."""

import ast


def defined(tree: ast.Module) -> set[str]:
    """Names that code defines or assigns."""
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return names | {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def lazy_homes(tree: ast.Module) -> dict[str, str]:
    """Modules that a package's names come from on first use: its table ``_FUNCTIONS = {"name": "module"}``."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(getattr(one, "id", "") == "_FUNCTIONS" for one in node.targets):
            return dict(ast.literal_eval(node.value))
    return {}


def dynamic_import(node: ast.AST) -> str:
    """Name in ``import_module("a literal")``, empty for anything else."""
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
        return ""
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    return str(node.args[0].value) if name in ("import_module", "__import__") else ""
