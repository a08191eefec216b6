"""The demo's last lines are there to be copied."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from conf import load_settings
from serving_layer.access.token import page_link
from stack.demo.report import doors


def test_each_door_stands_whole_on_one_line_of_a_narrow_terminal(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    written = io.StringIO()

    doors(settings, "fontana-01", Console(file=written, width=40))

    lines = written.getvalue().splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["page", "command", "REST", "SQL", "CQL", "notebook"]
    assert lines[1].endswith(page_link(settings))
