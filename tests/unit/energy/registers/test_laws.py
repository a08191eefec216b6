"""Laws of a register's energy, drawn at any size, spacing and clock: none is invented."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from energy.registers.counters import ANY_HOLE, Portion, portions
from tests.support.registers.faults import AT, COUNT, FAULTS, RATES_S

STEP = st.integers(60, 3_000)
"""What a register counts in a sample, in Wh."""
SPACING_S = st.sampled_from(RATES_S)
BEGIN = st.integers(0, 365 * 86_400).map(lambda at: datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=at))
MARKER_W = st.sampled_from([32_767.0, 65_535.0, 1_507_328.0, 2_147_483_647.0, 4_294_967_295.0])


def energy(
    begin: datetime, rate_s: int, wh: list[float | None], w: list[float | None], capacity_w: float | None = None
) -> list[Portion]:
    """Energy of samples in a row, ``rate_s`` apart."""
    samples = [(begin + timedelta(seconds=rate_s * n), *each) for n, each in enumerate(zip(wh, w, strict=True))]
    return list(portions(samples, capacity_w, ANY_HOLE).values())


def rate_of(step: int, rate_s: int) -> float:
    """A register's power (W); a household's or a plant's that is sampled as often."""
    return step * 3600 / rate_s


@given(step=STEP, rate_s=SPACING_S, begin=BEGIN, base=st.integers(2_000, 20_000), kind=st.sampled_from(sorted(FAULTS)))
def test_no_fault_makes_ten_times_the_energy_without_a_cause(
    step: int, rate_s: int, begin: datetime, base: int, kind: str
) -> None:
    wh = [float(base * COUNT * step + step * n) for n in range(COUNT)]
    found = energy(begin, rate_s, FAULTS[kind](wh, rate_s), [None] * COUNT)
    true = (wh[-1] - wh[0]) * 1000
    assert sum(portion.mwh for portion in found if not portion.cause) <= 10 * true
    for portion in found:
        assert 0 <= portion.lower <= portion.mwh <= portion.upper


@given(step=STEP, rate_s=SPACING_S, begin=BEGIN, unit=st.sampled_from([0.1, 1, 10, 100]), late=st.integers(0, 899))
def test_a_plain_register_is_exact_to_the_milliwatt_hour(
    step: int, rate_s: int, begin: datetime, unit: float, late: int
) -> None:
    wh: list[float | None] = [round(7_000_001 + step * unit * n, 1) for n in range(COUNT)]
    found = energy(begin + timedelta(seconds=late), rate_s, wh, [None] * COUNT)
    assert sum(portion.mwh for portion in found) == round(step * unit * (COUNT - 1) * 1000)


@given(w=st.floats(10, 14_000), at=st.integers(1, COUNT - 3), lasts=st.integers(1, 2), marker=MARKER_W, begin=BEGIN)
def test_an_absurd_power_is_not_integrated(w: float, at: int, lasts: int, marker: float, begin: datetime) -> None:
    if marker <= 10 * w:
        return
    powers = [marker if at <= n < at + lasts else w for n in range(COUNT)]
    found = energy(begin, 300, [None] * COUNT, [*powers])
    true = w * 300 * (COUNT - 1) / 3600
    assert sum(portion.mwh for portion in found) <= 1.01 * true * 1000
    assert any("momentary" in portion.cause for portion in found)


@given(w=st.floats(50, 7_000), capacity_kw=st.floats(0.5, 10), at=st.integers(1, COUNT - 2), marker=MARKER_W)
def test_no_energy_is_above_the_capacity_without_a_cause(w: float, capacity_kw: float, at: int, marker: float) -> None:
    w = min(w, capacity_kw * 1000)
    powers = [marker if n == at else w for n in range(COUNT)]
    found = energy(datetime(2026, 6, 1, tzinfo=timezone.utc), 300, [None] * COUNT, [*powers], capacity_kw * 1000)
    most = capacity_kw * 1_000_000 * 1.5 / 4
    assert all(portion.mwh <= most + 1 or portion.cause for portion in found)


@given(w=st.floats(20, 5_000), hours=st.integers(2, 14), rate_s=st.sampled_from([60, 300, 900]), begin=BEGIN)
def test_a_source_that_repeats_itself_makes_no_energy(w: float, hours: int, rate_s: int, begin: datetime) -> None:
    """The register rises, then register and power repeat themselves for hours, then both go on where they were."""
    moving, frozen = AT, hours * 3600 // rate_s
    step = w * rate_s / 3600
    rises = [1_000_000 + step * n for n in range(moving)]
    wh = [*rises, *[rises[-1]] * frozen, *(rises[-1] + step * n for n in range(1, moving))]
    found = energy(begin, rate_s, [*wh], [w] * len(wh))
    assert sum(portion.mwh for portion in found) <= (wh[-1] - wh[0]) * 1000 + 1
