"""A delivery is signed as Standard Webhooks does, and docs/rest.md tells a receiver how to look at it."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from serving_layer.webhooks import signature

DOCUMENT = Path("docs/rest.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def is_genuine() -> Any:
    """The function of the document."""
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 - the document's own text
    return names["is_genuine"]


def test_it_is_the_signature_that_the_standard_gives_as_an_example() -> None:
    made = signature.headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}'
    )
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_knows_what_is_genuine_by_the_example_of_the_document(is_genuine: Any) -> None:
    secret, now = signature.new_secret(), int(time.time())
    body = '{"text": "España, 5 °C"}'
    made = signature.headers(secret, "alarm_1", now, body)
    assert is_genuine(secret, made, body.encode())

    others: list[tuple[str, dict[str, str], str]] = [
        (signature.new_secret(), made, body),
        (secret, made, body.replace("5", "6")),
        (secret, made | {"webhook-id": "alarm_2"}, body),
        (secret, made | {"webhook-timestamp": str(now + 1)}, body),
        (secret, made | {"webhook-signature": "v1,"}, body),
        (secret, signature.headers(secret, "alarm_1", now - 600, body), body),
        (secret, signature.headers(secret, "alarm_1", now + 600, body), body),
    ]
    for other_secret, headers, text in others:
        assert not is_genuine(other_secret, headers, text.encode())
