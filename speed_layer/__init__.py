"""The speed layer: from topic ``readings`` to the speed views, as soon as possible.

``job.py`` is the entry; ``readings.py`` and ``provisional.py`` are its two queries, step by step.
"""
