"""Which modules of our package a piece of code depends on, and what each of them says, comments and docstrings apart.

Fine granularity is the point: editing one solver must not re-execute a chapter that uses another. A room's
``__init__`` re-exports names, so a name is followed to the module it comes from; what cannot be followed (a package
passed around, a star import, a lazy attribute) depends on the whole package, which is safe.
"""

import ast
from collections.abc import Iterable
from pathlib import Path

from slthlib.lab._essence import counting, essence
from sphinx_ext.syntax import defined, dynamic_import, lazy_homes

Target = tuple[str, str | None]  # (module, attribute of it or None)


class Package:
    """The sources of a package, looked at without importing it.

    Parameters
    ----------
    name : str
        Name of the package.
    root : Path
        Folder that holds it.
    """

    def __init__(self, name: str, root: Path) -> None:
        self.name, self.root = name, Path(root)
        self._trees: dict[str, ast.Module] = {}

    def owns(self, module: str) -> bool:
        """Whether a dotted name lies in the package."""
        return module == self.name or module.startswith(self.name + ".")

    def path(self, module: str) -> Path | None:
        """Source file of a module, None if there is none."""
        stem = self.root.joinpath(*module.split("."))
        for path in (stem / "__init__.py", stem.with_suffix(".py")):
            if path.is_file():
                return path
        return None

    def is_package(self, module: str) -> bool:
        """Whether the module is a folder."""
        return self.root.joinpath(*module.split("."), "__init__.py").is_file()

    def below(self, package: str) -> set[str]:
        """Every module of a package and of its subpackages."""
        folder = self.root.joinpath(*package.split("."))
        return {
            ".".join(path.relative_to(self.root).with_suffix("").parts).removesuffix(".__init__")
            for path in folder.rglob("*.py")
            if "__pycache__" not in path.parts
        }

    def tree(self, module: str) -> ast.Module:
        """Syntax tree of a module."""
        if module not in self._trees:
            path = self.path(module)
            assert path is not None
            self._trees[module] = ast.parse(path.read_text("utf-8"), str(path))
        return self._trees[module]

    def code(self, module: str) -> ast.Module:
        """What of a module counts: all; of an ``__init__``, what is neither import nor docstring nor ``__all__``."""
        return counting(self.tree(module), package=self.is_package(module))

    def dump(self, module: str) -> str:
        """Canonical text of what counts: no comments, docstrings or line numbers."""
        return essence(self.code(module))

    def closure(self, modules: Iterable[str]) -> set[str]:
        """The modules, all they depend on, and the packages whose ``__init__`` runs on the way."""
        found: set[str] = set()
        waiting = list(modules)
        while waiting:
            module = waiting.pop()
            if module in found or self.path(module) is None:
                continue
            found.add(module)
            if "." in module:
                waiting.append(module.rpartition(".")[0])
            tree = self.tree(module)
            waiting += self.uses(self.code(module), self.bindings(tree, module), every=not self.is_package(module))
        return found

    def bindings(self, tree: ast.AST, module: str | None) -> dict[str, set[Target]]:
        """Names that imports bind to modules of the package or to what is in them, wherever the imports stand."""
        bound: dict[str, set[Target]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if self.owns(alias.name):
                        name = alias.asname or self.name
                        bound.setdefault(name, set()).add((alias.name if alias.asname else self.name, None))
                        # Not reachable under any name: a plain import runs the module all the same.
                        bound.setdefault(f"import {alias.name}", set()).add((alias.name, None))
            elif isinstance(node, ast.ImportFrom):
                source = self._source(node, module)
                if self.owns(source):
                    for alias in node.names:
                        bound.setdefault(alias.asname or alias.name, set()).add((source, alias.name))
            elif (name := dynamic_import(node)) and self.owns(name):
                bound.setdefault(f"import {name}", set()).add((name, None))
        return bound

    def _source(self, node: ast.ImportFrom, module: str | None) -> str:
        if not node.level:
            return node.module or ""
        if module is None:
            return ""
        parts = module.split(".") if self.is_package(module) else module.split(".")[:-1]
        parts = parts[: len(parts) - node.level + 1]
        return ".".join([*parts, node.module] if node.module else parts)

    def locate(self, module: str, attribute: str | None, seen: frozenset[Target] = frozenset()) -> set[str] | str:
        """Module names that an attribute comes from; a string if it is itself a module or package."""
        if attribute is None:
            return module
        if not self.is_package(module):
            return {module}
        if attribute == "*":
            return self.below(module)
        here = (module, attribute)
        sources = self.bindings(self.tree(module), module).get(attribute, set()) - seen - {here}
        if sources:
            found = [self.locate(*source, seen | {here}) for source in sources]
            if len(found) == 1:
                return found[0]
            return set().union(*({one} if isinstance(one, str) else one for one in found))
        if self.path(f"{module}.{attribute}"):
            return f"{module}.{attribute}"
        if attribute in defined(self.code(module)):
            return {module}
        home = lazy_homes(self.tree(module)).get(attribute)
        return {f"{module}.{home}"} if home and self.path(f"{module}.{home}") else self.below(module)

    def uses(self, tree: ast.AST, bound: dict[str, set[Target]], *, every: bool) -> set[str]:
        """Modules that code depends on; ``every`` counts each import, used or not."""
        found: set[str] = set()

        def follow(target: Target, attributes: list[str]) -> None:
            place = self.locate(*target)
            while isinstance(place, str) and self.is_package(place) and attributes:
                found.add(place)
                place = self.locate(place, attributes.pop(0))
            if isinstance(place, str):
                # A package that is passed around may be asked for anything.
                place = self.below(place) if self.is_package(place) else {place}
            found.update(place)

        def visit(node: ast.AST) -> None:
            attributes: list[str] = []
            inner = node
            while isinstance(inner, ast.Attribute):
                attributes.insert(0, inner.attr)
                inner = inner.value
            if isinstance(inner, ast.Name):
                for target in bound.get(inner.id, ()):
                    follow(target, list(attributes))
            else:
                for child in ast.iter_child_nodes(inner):
                    visit(child)

        visit(tree)
        if every:
            for targets in bound.values():
                for target in targets:
                    place = self.locate(*target)
                    # An unused package costs its __init__ only.
                    found.update({place} if isinstance(place, str) else place)
        return found
