"""English names of the codes of other modules."""

from __future__ import annotations

METHODS = {
    "measured": "measured by a register",
    "official": "stated officially",
    "integrated": "summed from power",
    "spread": "a longer total, shared evenly",
    "estimated": "estimated",
}
CAUSES = {
    "wrap": "the register went over its greatest number",
    "reset": "the register began at 0 anew",
    "replaced": "another meter",
    "jump": "a rise that can't have happened",
    "momentary": "a value that came and went",
    "stuck": "the register stood still",
    "frozen": "register and power stood still",
    "correction": "a small fall that stayed",
    "gap": "readings are missing",
    "coarser total": "a longer total speaks of the same time",
    "scaled total": "scaled to a longer total",
    "no meter": "no meter tells what the grid gave",
    "unbalanced": "the flows do not add up",
    "awaited": "not due yet",
    "silent": "nothing came",
    "partial": "a part came",
    "late": "came late",
    "official": "stated officially",
    "integrated": "summed from power",
    "spread": "a longer total, shared evenly",
    "estimated": "estimated",
}
STEPS = {
    "weather": "weather",
    "history": "history",
    "climatology": "climatology",
    "persistence": "the last known day",
    "night": "night",
}
ALARMS = {
    "silent": "silent device",
    "silent today": "device silent since today",
    "coefficient file": "coefficient file is missing",
    "generation forecast drift": "forecast of production drifts",
    "consumption forecast drift": "forecast of use drifts",
}
ALARM_SENTENCES = {
    "silent": "last heard on {day} (UTC)",
    "silent today": "last heard {moment}, and was heard at this time of the day before",
    "coefficient file": "the agreement is by the hour and has no file of {year}; its hours are not settled",
    "generation forecast drift": "its error of the last 7 days is {now} of the naive forecast's, {then} before",
    "consumption forecast drift": "its error of the last 7 days is {now} of the naive forecast's, {then} before",
}
STATES = {
    "off": "off",
    "sleeping": "sleeping",
    "starting": "starting",
    "producing": "producing",
    "throttled": "throttled",
    "shutting down": "shutting down",
    "fault": "fault",
    "standby": "standby",
}
TOPICS = {"readings": "readings", "intervals": "intervals", "weather": "weather", "prices": "prices"}
LAYERS = {"speed": "speed", "batch": "batch"}
SERVICES = {
    "kafka": "Kafka",
    "cassandra": "Cassandra",
    "hdfs": "HDFS",
    "speed": "speed layer",
    "gateway": "gateway",
    "push": "push server",
    "thrift": "SQL",
    "night": "night",
    "sources": "sources",
    "webhooks": "webhooks",
    "disk": "disk",
    "tariffs": "tariffs",
}
