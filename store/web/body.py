"""The body of a request, for routes that are no coroutines themselves."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request


async def body_of(request: Request) -> bytes:
    """The whole of it; :mod:`store.web.bounds` has read it already, and keeps it small."""
    return await request.body()


Body = Annotated[bytes, Depends(body_of)]
