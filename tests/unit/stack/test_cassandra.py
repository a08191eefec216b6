"""What a node finds of its commit log when it starts."""

from __future__ import annotations

from pathlib import Path

from stack.servers.cassandra import drop_blank_segments


def test_only_segments_without_a_byte_written_are_dropped(tmp_path: Path) -> None:
    written = {
        "CommitLog-7-1.log": b"\x00\x00\x00\x07" + bytes(200_000),
        "CommitLog-7-2.log": bytes(200_000) + b"\x01",
        "CommitLog-7-1_cdc.idx": b"",
    }
    for name, content in written.items():
        (tmp_path / name).write_bytes(content)
    for name, size in (("CommitLog-7-3.log", 200_000), ("CommitLog-7-4.log", 0)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    drop_blank_segments(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == written


def test_a_first_start_has_no_commit_log(tmp_path: Path) -> None:
    drop_blank_segments(tmp_path / "commitlog")
