"""Whether a call of HiveServer2 went well, as the protocol says it."""

from __future__ import annotations

from typing import Any

from TCLIService import ttypes

from conf.refusal import Refusal
from serving_layer.sql.engine import Malformed
from serving_layer.sql.readonly import NotReadOnly

OK = ttypes.TStatus(statusCode=ttypes.TStatusCode.SUCCESS_STATUS)
STATES = {NotReadOnly: "42501", Malformed: "42000"}
"""SQL's states for what is not allowed, and for what is no SQL; any other error has HY000."""


def error_of(refusal: Refusal) -> Any:
    """The status of a call that was refused."""
    state = STATES.get(type(refusal), "HY000")
    return ttypes.TStatus(ttypes.TStatusCode.ERROR_STATUS, [str(refusal)], state, 0, str(refusal))
