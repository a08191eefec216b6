"""The paths of the pages, all of them."""

from __future__ import annotations

from serving_layer.web import answer, control, installation, more, price_page, quality
from serving_layer.web.bills import bill
from serving_layer.web.sharing import community, member, stated

ROUTERS = (
    answer.files,
    control.router,
    installation.router,
    more.router,
    price_page.router,
    quality.router,
    member.router,
    community.router,
    stated.router,
    bill.router,
)
