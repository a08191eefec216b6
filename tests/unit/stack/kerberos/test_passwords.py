"""A stack writes the key of its own home alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from conf import kerberos, load_settings, logins
from stack.passwords import make_passwords
from stack.preflight import Unfit


def test_another_stacks_key_is_not_written_over(tmp_path: Path) -> None:
    first = logins.held(load_settings(home=tmp_path / "first"))
    make_passwords(first)
    told = kerberos.realm_file(first).read_text()

    second = load_settings(home=tmp_path / "second", port_offset=1)
    with pytest.raises(Unfit, match="SOLERA_HDFS__SECRETS"):
        make_passwords(second.model_copy(update={"hdfs": first.hdfs}))
    assert kerberos.realm_file(first).read_text() == told

    make_passwords(second)
    assert kerberos.realm_file(second).read_text() != told
