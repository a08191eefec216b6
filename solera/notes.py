"""Analysts' notes from one source: plain Python in cells (``# %%``), made into notes of Zeppelin and of Jupyter.

A cell begins with ``# %% title``. ``[markdown]`` is text, ``form`` assigns what a reader may change, ``prepare`` shows
nothing; of any other cell the last expression is shown: a table of pandas, or a chart of matplotlib.

python -m solera.notes writes ``notebooks/zeppelin`` and ``notebooks/jupyter`` anew.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
TEXT, FORM, PREPARE = "[markdown]", "form", "prepare"
SHOW = '''%python
import matplotlib
import pandas as pd

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def show(shown):
    """A table as Zeppelin draws one, or the chart that was drawn last."""
    if isinstance(shown, pd.DataFrame):
        z.show(shown.astype(object).where(shown.notna(), ""))
    else:
        plt.tight_layout()
        z.show(plt)
        plt.close("all")'''


class Cell(NamedTuple):
    """A part of a note."""

    kind: str
    """``[markdown]``, ``form``, ``prepare`` or empty: it shows something."""
    title: str
    text: str


def cells(source: str) -> list[Cell]:
    """The cells of a source, in order."""
    found = []
    for part in re.split(r"^# %% ", source, flags=re.M)[1:]:
        title, _, text = part.partition("\n")
        kind = title if title in (TEXT, FORM, PREPARE) else ""
        if kind == TEXT:
            text = re.sub(r"^# ?", "", text, flags=re.M)
        found.append(Cell(kind, "" if kind else title, text.strip()))
    return found


def zeppelin(name: str, source: str) -> dict[str, Any]:
    """The note ``name`` as Zeppelin imports it."""
    texts = cells(source)
    paragraphs = [_paragraph(texts[0]), _plain("", SHOW), *map(_paragraph, texts[1:])]
    return {
        "name": f"Solera {name}",
        "id": f"2SOLERA{name.upper()}",
        "defaultInterpreterGroup": "python",
        "version": "0.12.1",
        "noteParams": {},
        "noteForms": {},
        "angularObjects": {},
        "config": {"isZeppelinNotebookCronEnable": False, "looknfeel": "default", "personalizedMode": "false"},
        "info": {},
        "paragraphs": paragraphs,
    }


def jupyter(source: str) -> dict[str, Any]:
    """The note as a notebook of Jupyter; papermill takes the values of its form as parameters."""
    made = [_cell(number, each) for number, each in enumerate(cells(source))]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _paragraph(cell: Cell) -> dict[str, Any]:
    if cell.kind == TEXT:
        return _plain("", f"%md\n{cell.text}")
    text = _form(cell.text) if cell.kind == FORM else cell.text if cell.kind == PREPARE else _shown(cell.text)
    return _plain(cell.title, f"%python\n{text}")


def _plain(title: str, text: str) -> dict[str, Any]:
    is_read = text.startswith("%md")
    config = {"colWidth": 12, "enabled": True, "editorHide": is_read, "title": bool(title)}
    return {"title": title, "text": text, "config": config, "settings": {"params": {}, "forms": {}}}


def _form(text: str) -> str:
    """``name = value`` as a field of Zeppelin's form, which holds a text."""
    lines = []
    for node in ast.parse(text).body:
        name, _, value = ast.unparse(node).partition(" = ")
        lines.append(f'{name} = z.input("{name}", {value})')
    return "\n".join(lines)


def _shown(text: str) -> str:
    last = ast.parse(text).body[-1]
    lines = text.splitlines()
    shown = "\n".join(lines[last.lineno - 1 :])
    return "\n".join([*lines[: last.lineno - 1], f"show({shown})"])


def _cell(number: int, cell: Cell) -> dict[str, Any]:
    if cell.kind == TEXT:
        return {"cell_type": "markdown", "id": f"cell-{number}", "metadata": {}, "source": cell.text}
    titled = f"# {cell.title}\n{cell.text}" if cell.title else cell.text
    metadata = {"tags": ["parameters"]} if cell.kind == FORM else {}
    return {
        "cell_type": "code",
        "id": f"cell-{number}",
        "metadata": metadata,
        "source": titled,
        "execution_count": None,
        "outputs": [],
    }


def made(notebooks: Path) -> dict[Path, str]:
    """The files below ``notebooks`` that are made of the sources there: the text of each."""
    found = {}
    for path in sorted((notebooks / "source").glob("*.py")):
        source = path.read_text(encoding="utf-8")
        zpln, ipynb = zeppelin(path.stem, source), jupyter(source)
        found[notebooks / "zeppelin" / f"{path.stem}.zpln"] = _json(zpln)
        found[notebooks / "jupyter" / f"{path.stem}.ipynb"] = _json(ipynb)
    return found


def _json(note: dict[str, Any]) -> str:
    return json.dumps(note, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for file, text in made(NOTEBOOKS).items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
