-- Energy of both views, made anew for each published state: {cut} is its cut, {live} and {open} are the keys of what the
-- speed view is asked for.
--
-- Of each period the batch view's value before the cut; where no published run states it, the speed view's. Of that view
-- no more is read than may stand: what begins from the cut on, and before it the quantities of a month that are open. Cassandra
-- is asked from a start on only beside the names of quantities, and for one such bound alone: the start is hidden as the
-- keys are. A join by key forgets any other condition on both its sides, so that the stretches that hold a start are
-- generated behind it.
CREATE OR REPLACE VIEW solera.energy AS
SELECT start, installation_id, quantity, energy_wh, 'batch' AS view, run_id, completeness, method, lower_wh, upper_wh,
  cause, month
FROM solera.energy_batch
WHERE energy_wh IS NOT NULL AND start < {cut}  -- a run may withdraw a value
UNION ALL
SELECT s.start + INTERVAL 0 SECONDS, concat(k.installation_id, ''), s.quantity, s.energy_wh, 'speed', '', s.completeness,
  s.method, s.lower_wh, s.upper_wh, s.cause, {month}
FROM {live} k
JOIN {speed} s ON s.installation_id = k.installation_id AND s.month = k.month
WHERE s.energy_wh IS NOT NULL AND s.quantity IN ({quantities}) AND s.start >= coalesce({cut}, TIMESTAMP'1970-01-01')
UNION ALL
SELECT s.start, concat(k.installation_id, ''), concat(k.quantity, ''), s.energy_wh, 'speed', '', s.completeness,
  s.method, s.lower_wh, s.upper_wh, s.cause, {month}
FROM {open} k
JOIN {speed} s ON s.installation_id = k.installation_id AND s.month = k.month AND s.quantity = k.quantity
LATERAL VIEW inline(filter(k.stretches, x -> s.start >= x.start AND s.start < x.until)) AS since, until
WHERE s.energy_wh IS NOT NULL AND s.start < {cut};
