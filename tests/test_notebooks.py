"""The notebooks run from top to bottom as committed, say nothing on standard error, and define no part of the model."""

import ast
import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def test_every_walk_is_there():
    assert NAMES == [
        "01-read-a-city",
        "02-first-budget",
        "03-people",
        "04-experience",
        "05-backtest",
        "06-three-layers",
        "07-assistance",
        "08-pooling",
        "09-reserve",
        "10-what-it-would-take",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_notebook_runs_from_top_to_bottom(path: Path):
    """Started in its own folder, as JupyterLab does; a missing glyph or any other warning is a failure."""
    notebook = read(path)
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}})
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    client.execute(env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)})
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    complaints = [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    assert complaints == []
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_notebook_is_committed_without_outputs(path: Path):
    assert [cell.outputs for cell in code_cells(read(path)) if cell.outputs or cell.execution_count] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_notebook_defines_nothing(path: Path):
    """Notebooks call the library: a function or a class in one would be a second home of the model."""
    program = ast.parse("\n".join(cell.source for cell in code_cells(read(path))))
    defined = [node.lineno for node in ast.walk(program) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert defined == []
