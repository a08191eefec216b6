"""The error of a library that is missing because a gateway's light install leaves it out."""

from __future__ import annotations

from importlib.util import find_spec

from conf.refusal import Refusal


class NotInstalled(Refusal):
    """A library that only the whole of Solera needs is not here."""


def lacking(error: ModuleNotFoundError) -> NotInstalled | None:
    """The refusal that ``error`` comes to; None where its library is here, and the fault is Solera's own."""
    library = (error.name or "").partition(".")[0]
    if not library or find_spec(library) is not None:
        return None
    return NotInstalled(
        f"This is a gateway's install, which leaves {library} out: `pip install '.[platform]'`, in a checkout of "
        "Solera and with Python 3.10 to 3.12, brings what else it needs."
    )
