"""``spark-submit batch_layer/<step>.py --date D``: one step of a night run alone, or ``nightly.py``: all of them."""

from __future__ import annotations

import argparse
import sys
from datetime import date

from batch_layer import nightly
from batch_layer.ask import sources_asked
from conf import load_settings
from conf.refusal import Refusal
from store.spark import session


def main(step: str) -> None:
    """Run ``step``, or the whole night where it is "", of the night of ``--date`` (UTC day, default today)."""
    parser = argparse.ArgumentParser(description=f"Batch layer: {step or 'the night'}.")
    parser.add_argument("--date", type=date.fromisoformat, help="UTC day at whose 00:00 the night cuts; today")
    day = parser.parse_args().date
    settings = load_settings()
    try:
        if step:
            nightly.take_step(session(settings, f"solera {step}"), settings, day, step)
            return
        with sources_asked(print):
            spark = session(settings, "solera nightly")
        nightly.nightly(spark, settings, day)
    except Refusal as error:
        sys.exit(str(error))
