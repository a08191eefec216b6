"""English."""

from __future__ import annotations

from serving_layer.web.words.pages_en import ALARMS, CAUSES, METHODS, PAGES, STEPS
from serving_layer.web.words.sharing_en import SHARING
from serving_layer.web.words.words import Words

EN = Words(
    locale="en",
    name="English",
    moment_pattern="EEE d MMM, HH:mm",
    day_pattern="EEE d",
    units_of_time=("s", "min", "h", "days"),
    installation="Installation",
    other_language="Language",
    loading="Loading …",
    curve_of="Quantity of the curve",
    live="Live, measured {age} ago",
    silent=", {silent} of {homes} silent",
    stale="Last reading {age} ago",
    unread="No reading yet",
    lost="No answer for {seconds} s",
    lost_since="What you see is from {time}. It goes on by itself when the server answers.",
    producing="Producing now",
    charge="{percent} % full",
    produced_today="Produced today",
    of_capacity="{percent} % of {capacity} kW",
    no_power="no reading in the last 5 min",
    own_share="{percent} % from own sun",
    energy_of="Energy",
    energies={
        "generation": "Produced",
        "consumption": "Used",
        "self_consumption": "Used from own sun",
        "import": "Taken from the grid",
        "export": "Given to the grid",
        "charge": "Into batteries",
        "discharge": "Out of batteries",
    },
    tags={"published": "published", "live": "live", "part": "partly live"},
    no_reading="no reading",
    ago="{age} ago",
    unpublished="No night has been published yet, so everything here is live and provisional.",
    published_to="Published up to {moment} (run {run}), live from there on.",
    times_of="Times are those of {zone}.",
    none_registered="No installation is registered yet. `solera register FILE` adds one; it appears here by itself.",
    now="now",
    published="Published",
    provisional="Live, provisional",
    forecast="Forecast",
    band="8 in 10 chance",
    known="Known",
    prices="What energy costs",
    market_of="Market of the prices",
    markets={"pvpc": "Household", "spot": "Wholesale"},
    price_now="Now",
    cheapest="Cheapest three hours from",
    as_forecast="as forecast",
    no_price_forecast="Published prices; no forecast of them yet.",
    price_record="Forecast: {model}, off by {mae} on average of the last {days} days",
    price_naive="; the same hour of the day before by {mae}",
    token="Token",  # noqa: S106 - a word
    log_in="Log in",
    token_place="Or by a token: Solera's own stands in the file <code>token</code> of its home folder.",  # noqa: S106 - a sentence
    name_asked="Name",
    password="Password",  # noqa: S106 - a word
    by_token="Log in by token",  # noqa: S106 - words
    not_let_in="That name and password, or that token, do not open this.",
    too_often="Too many wrong attempts; wait a moment.",
    pages=PAGES | SHARING,
    methods=METHODS,
    causes=CAUSES,
    alarms=ALARMS,
    steps=STEPS,
)
