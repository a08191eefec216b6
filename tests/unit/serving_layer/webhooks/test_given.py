"""A webhook is given to somebody who has access, shown without its secret, and ends with their access."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timezone
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conf import Settings, load_settings
from serving_layer.access import grants
from serving_layer.access.grants import BadGrant
from serving_layer.access.logins import Logins
from serving_layer.webhooks import backlog, given
from serving_layer.webhooks.address import BadAddress
from serving_layer.webhooks.backlog import Backlog
from stack.cli import app

URL = "https://1.1.1.1/alarms"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SOLERA_HOME", str(tmp_path))
    settings = load_settings()
    grants.add(grants.access_file(settings), grants.person("ana", "member", ["home"], [], False))
    return settings


def said(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["webhook", *words], env={"COLUMNS": "300"})
    return result.exit_code, result.stdout, result.stderr


def test_it_is_added_listed_and_revoked(settings: Settings) -> None:
    code, secret, printed = said("add", "ana", URL)
    ((webhook,),) = (each.webhooks for each in Logins(settings).people())
    assert (code, secret.strip(), webhook.url) == (0, webhook.secret, URL)
    assert webhook.id in printed
    now = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
    state = Backlog(now, delivered=7, delivered_at=now, error="answered 500")
    backlog.write(backlog.folder(settings) / f"{webhook.id}.json", state)
    code, listed, _ = said("list", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(listed))
    assert (row["id"], row["name"], row["url"], row["delivered"]) == (webhook.id, "ana", URL, "7")
    assert (row["delivered_at"], row["waiting"], row["error"]) == ("2026-11-26T12:00:00Z", "0", "answered 500")
    assert webhook.secret not in listed + repr(webhook)
    assert said("revoke", webhook.id)[0] == 0
    assert [each.webhooks for each in Logins(settings).people()] == [()]
    code, _, error = said("revoke", webhook.id)
    assert (code, "There is no webhook" in error) == (2, True)


def test_it_ends_with_the_access_and_does_not_come_back_with_the_name(settings: Settings) -> None:
    path = grants.access_file(settings)
    given.add(settings, "ana", URL)
    assert path.stat().st_mode & 0o777 == 0o600
    grants.revoke(path, "ana")
    grants.add(path, grants.person("ana", "operator", [], [], True))
    assert [each.webhooks for each in grants.read(path)] == [()]


def test_a_webhook_leaves_the_page_and_the_token_as_they_are(settings: Settings) -> None:
    logins = Logins(settings)
    (before,) = logins.people()
    given.add(settings, "ana", URL)
    (after,) = logins.people()
    assert len(after.webhooks) == 1
    logins.check(before)


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:8000/", "https://localhost/", "http://1.1.1.1/", "https://[::1]:9042/"]
)
def test_a_url_that_points_inside_is_refused(settings: Settings, url: str) -> None:
    with pytest.raises(BadAddress, match=r"api\.webhook_hosts"):
        given.add(settings, "ana", url)
    assert said("add", "ana", url)[0] == 2


def test_it_is_for_somebody_who_has_access_and_bounded_in_number(settings: Settings) -> None:
    with pytest.raises(BadGrant, match="Nobody here is called eva"):
        given.add(settings, "eva", URL)
    for _ in range(given.MOST):
        given.add(settings, "ana", URL)
    with pytest.raises(BadGrant, match="no more are kept"):
        given.add(settings, "ana", URL)
