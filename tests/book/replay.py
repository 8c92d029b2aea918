"""nbval on the chapters, against the one execution that made the book.

``make book`` executes each chapter once and keeps the executed copy. nbval compares a notebook's stored outputs with
a kernel's answers; here the kernel is a `Replay`, which answers with the outputs of the executed copy. The comparison,
cell tags and messages are nbval's own. A plain ``pytest --nbval --nbval-current-env chapters`` works as well, and
executes everything again.
"""

from itertools import count
from pathlib import Path
from queue import Empty

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

SANITIZE = Path(__file__).with_name("sanitize.cfg")
ADVICE = "run `make book`"


def executed_copy(root, docname):
    """Where the book build keeps its execution of a chapter."""
    return root / "_build" / "executed" / f"{docname}.ipynb"


def code_cells(path):
    """The code cells of a notebook, in order."""
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def mismatch(notebook, executed):
    """Why the executed copy cannot stand in for an execution of the notebook; None if it can."""
    if not executed.is_file():
        return f"{notebook} has no executed copy at {executed}: {ADVICE}"
    committed, ran = code_cells(notebook), code_cells(executed)
    if len(committed) != len(ran):
        return f"{notebook} has {len(committed)} code cells and its executed copy {len(ran)}: {ADVICE}"
    for number, (one, other) in enumerate(zip(committed, ran, strict=True)):
        if one.source != other.source:
            return f"{notebook}, code cell {number}: the source differs from the executed copy: {ADVICE}"
        if other.execution_count is None and other.source.strip() and not skipped(other):
            return f"{notebook}, code cell {number} was never reached in the executed copy: {ADVICE} and read its error"
    return None


def skipped(cell):
    """Whether neither myst-nb nor nbval runs the cell."""
    return bool({"skip-execution", "nbval-skip"} & set(cell.metadata.get("tags", [])))


class Replay:
    """A kernel, to nbval, that answers with recorded outputs (the interface of nbval.kernel.RunningKernel)."""

    def __init__(self, cells):
        self._cells = cells
        self._turn = 0
        self._messages = {"iopub": [], "shell": []}
        self._numbers = count()
        self._alive = True

    def turn_to(self, number):
        """Answer the next request with this cell: cells may be skipped or deselected."""
        self._turn = number

    def execute_cell_input(self, cell_input, allow_stdin=None):
        cell = self._cells[self._turn]
        if cell.source != cell_input:
            raise RuntimeError(f"code cell {self._turn}: the source differs from the executed copy: {ADVICE}")
        identity = f"replay-{next(self._numbers)}"

        def send(stream, kind, **content):
            self._messages[stream].append(
                {"msg_type": kind, "parent_header": {"msg_id": identity}, "content": nbformat.from_dict(content)}
            )

        failed = any(output.output_type == "error" for output in cell.outputs)
        send("iopub", "status", execution_state="busy")
        send("iopub", "execute_input", code=cell.source, execution_count=cell.execution_count)
        for output in cell.outputs:
            # Copies: nbval merges streams in place, and the record must stay what it was.
            content = {key: value for key, value in output.items() if key != "output_type"}
            send("iopub", output.output_type, **content)
        send("iopub", "status", execution_state="idle")
        send("shell", "execute_reply", status="error" if failed else "ok", execution_count=cell.execution_count)
        return identity

    def get_message(self, stream, timeout=None):
        if not self._messages[stream]:
            raise Empty
        return self._messages[stream].pop(0)

    def await_reply(self, msg_id, timeout=None):
        while self.get_message("shell")["parent_header"]["msg_id"] != msg_id:
            pass

    def await_idle(self, parent_id, timeout):
        while True:
            message = self.get_message("iopub")
            if message["parent_header"]["msg_id"] == parent_id and message["content"].get("execution_state") == "idle":
                return

    def is_alive(self):
        return self._alive

    def interrupt(self):
        pass

    def stop(self):
        self._alive = False


class Notebook(IPyNbFile):
    """A chapter, compared with its executed copy."""

    def __init__(self, *args, executed, outdated="", **kwargs):
        super().__init__(*args, **kwargs)
        self.executed = executed
        self.outdated = outdated  # why the executed copy is out of date, if it is
        self.compare_outputs = True  # whatever --nbval-lax says about other notebooks

    def collect(self):
        reason = mismatch(self.path, self.executed) or self.outdated
        if reason:
            yield Unusable.from_parent(self, name="executed copy", reason=reason)
            return
        for cell in super().collect():
            yield Cell.from_parent(self, name=cell.name, cell_num=cell.cell_num, cell=cell.cell, options=cell.options)

    def setup(self):
        if not mismatch(self.path, self.executed):
            self.kernel = Replay(code_cells(self.executed))
        self.setup_sanitize_files()

    def get_sanitize_files(self):
        return [str(SANITIZE)]


class Cell(IPyNbCell):
    """A code cell, compared by nbval."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.add_marker("book")

    def runtest(self):
        if not self.options["skip"]:
            if self.cell.execution_count is None:
                # nbval would compare nothing and pass.
                self.raise_cell_error("Stored without execution_count, so nothing can be compared: execute and save")
            self.parent.kernel.turn_to(self.cell_num)
        super().runtest()


class Unusable(pytest.Item):
    """Fails with the reason why a chapter's cells cannot be compared."""

    def __init__(self, *args, reason, **kwargs):
        super().__init__(*args, **kwargs)
        self.add_marker("book")
        self.reason = reason

    def runtest(self):
        pytest.fail(self.reason, pytrace=False)

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}: executed copy"
