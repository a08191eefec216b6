"""A service that writes without end fills two logs, not the disk."""

from __future__ import annotations

from pathlib import Path

from stack import logs


def test_a_log_is_moved_aside_under_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    (tmp_path / "small.log").write_bytes(b"kept\n")
    with log.open("ab", buffering=0) as writer:
        for n in range(10):
            writer.write(f"{n} ".encode() * 500)
            logs.bound(tmp_path, most=1_500)
            assert sum(path.stat().st_size for path in tmp_path.glob("api.log*")) <= 2 * 2_500
        writer.write(b"last\n")
    assert log.read_bytes().endswith(b"last\n")
    assert b"\0" not in log.read_bytes()
    assert (tmp_path / "small.log").read_bytes() == b"kept\n"
    assert not (tmp_path / "small.log.1").exists()
