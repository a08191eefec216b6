-- Database solera of SQL: the views of the Cassandra keyspace {keyspace}, by the rules of
-- serving_layer/views/merge.py. Times are UTC, energy is in Wh. What the nights have published stands in published/views.sql,
-- what both views together say of energy in published/energy.sql.
--
-- Ask by installation_id and start where you can: the less is read. A condition on month (first day of the UTC month)
-- leaves whole files and partitions out.

CREATE OR REPLACE VIEW solera.installation AS SELECT * FROM {catalog}.{keyspace}.installation;
CREATE OR REPLACE VIEW solera.device AS
SELECT installation_id, device_id, device_kind, capacity_kw FROM {catalog}.{keyspace}.device;

-- which community an installation's quarter-hours from start to before until (absent: it still belongs) count in
CREATE OR REPLACE VIEW solera.membership AS
SELECT installation_id, community_id, start, until FROM {catalog}.{keyspace}.membership;
-- what an installation is or was built for, from start to before until (absent: it still is)
CREATE OR REPLACE VIEW solera.capacity AS
SELECT installation_id, capacity_kw, start, until FROM {catalog}.{keyspace}.capacity;
CREATE OR REPLACE VIEW solera.inverter_state AS SELECT * FROM {catalog}.{keyspace}.inverter_state;
CREATE OR REPLACE VIEW solera.reading AS SELECT * FROM {catalog}.{keyspace}.reading_by_day;
CREATE OR REPLACE VIEW solera.alarm AS
SELECT layer, state, raised_at, installation_id, device_id, kind, cleared_at, text
FROM {catalog}.{keyspace}.alarm WHERE state <> 'standing';
CREATE OR REPLACE VIEW solera.ingest_ledger AS SELECT * FROM {catalog}.{keyspace}.ingest_ledger;

-- payload as text; what is not UTF-8 in it shows as the replacement character
CREATE OR REPLACE VIEW solera.quarantine AS
SELECT topic, day, kafka_partition, kafka_offset, received_at, reason, decode(payload, 'UTF-8') AS payload,
  payload_bytes
FROM {catalog}.{keyspace}.quarantine;

CREATE OR REPLACE VIEW solera.run AS
SELECT run_id, started, published, cut, issued_at, counts, skill
FROM {catalog}.{keyspace}.run WHERE name = 'nightly';

-- The partitions of the speed view that an installation may have. A reading may be 40 days late, and what is made of it
-- is kept for 40 more. It lets a question about one installation read only its own.
CREATE OR REPLACE VIEW solera.installation_month AS
SELECT installation_id,
  explode(sequence(trunc(date_sub(current_date(), {speed_days}), 'MM'), current_date(), interval 1 month)) AS month
FROM {catalog}.{keyspace}.installation;

-- The speed view, joined by key, partition by partition. concat(…, '') and date_add(…, 0) change nothing, but hide the
-- keys from the optimizer: it would send a condition on them to Cassandra a second time, which the connector refuses.
CREATE OR REPLACE VIEW solera.energy_speed AS
SELECT s.start, concat(m.installation_id, '') AS installation_id, s.quantity, s.energy_wh, s.completeness, s.method,
  s.lower_wh, s.upper_wh, s.cause, date_add(m.month, 0) AS month
FROM solera.installation_month m
JOIN {by_key}.{keyspace}.energy_speed s ON s.installation_id = m.installation_id AND s.month = m.month;

-- Sums are made in whole mWh, so that no order of adding changes them. One provisional part makes a sum provisional.
CREATE OR REPLACE VIEW solera.energy_hourly AS
SELECT date_trunc('HOUR', start) AS start, installation_id, quantity,
  sum(cast(round(energy_wh * 1000) AS bigint)) / 1000 AS energy_wh, max(view) AS view,
  if(max(view) = 'batch', max(run_id), '') AS run_id, least(1.0D, sum(completeness) / 4) AS completeness, month
FROM solera.energy
GROUP BY date_trunc('HOUR', start), installation_id, quantity, month;

-- UTC days
CREATE OR REPLACE VIEW solera.energy_daily AS
SELECT date_trunc('DAY', start) AS start, to_date(start) AS day, installation_id, quantity,
  sum(cast(round(energy_wh * 1000) AS bigint)) / 1000 AS energy_wh, max(view) AS view,
  if(max(view) = 'batch', max(run_id), '') AS run_id, least(1.0D, sum(completeness) / 96) AS completeness, month
FROM solera.energy
GROUP BY date_trunc('DAY', start), to_date(start), installation_id, quantity, month;

-- days of the installation's own time zone: 23, 24 or 25 hours
CREATE OR REPLACE VIEW solera.energy_daily_local AS
SELECT to_date(from_utc_timestamp(e.start, i.time_zone)) AS day, i.time_zone, e.installation_id, e.quantity,
  sum(cast(round(e.energy_wh * 1000) AS bigint)) / 1000 AS energy_wh, max(e.view) AS view,
  if(max(e.view) = 'batch', max(e.run_id), '') AS run_id
FROM solera.energy e JOIN {catalog}.{keyspace}.installation i ON i.installation_id = e.installation_id
GROUP BY to_date(from_utc_timestamp(e.start, i.time_zone)), i.time_zone, e.installation_id, e.quantity;

-- every published issue; time is the beginning of the hour, day its UTC day
CREATE OR REPLACE VIEW solera.forecast AS
SELECT installation_id, quantity, issued_at, time, v.p10 AS p10_wh, v.p50 AS p50_wh, v.p90 AS p90_wh, v.step, v.model,
  v.run_id, day
FROM (
  SELECT f.installation_id, f.quantity, f.day, f.time, f.issued_at,
    max(struct(f.run_id, f.p10, f.p50, f.p90, f.step, f.model)) AS v
  FROM {catalog}.{keyspace}.forecast f JOIN solera.published_run r ON r.run_id = f.run_id
  WHERE f.issued_at <= (SELECT cut FROM solera.cut)
  GROUP BY f.installation_id, f.quantity, f.day, f.time, f.issued_at
);

-- the newest issue of each installation and quantity
CREATE OR REPLACE VIEW solera.forecast_newest AS
SELECT installation_id, quantity, issued_at, time, p10_wh, p50_wh, p90_wh, step, model, run_id, day
FROM (
  SELECT *, max(issued_at) OVER (PARTITION BY installation_id, quantity) AS newest FROM solera.forecast
)
WHERE issued_at = newest;

-- errors (Wh) as the newest published run states them
CREATE OR REPLACE VIEW solera.forecast_skill AS
SELECT installation_id, quantity, run_id, days, hours, basis, mae_wh, mae_yesterday_wh, mae_last_week_wh, rmse_wh,
  coverage_p10, coverage_p50, coverage_p90, pinball_wh, beats_naive, published_model
FROM (
  SELECT s.*, max(s.run_id) OVER (PARTITION BY s.installation_id, s.quantity) AS newest
  FROM {catalog}.{keyspace}.forecast_skill s JOIN solera.published_run r ON r.run_id = s.run_id
)
WHERE run_id = newest;

-- the same errors by hours ahead and by month: the newest published run's, of a month the fullest's
CREATE OR REPLACE VIEW solera.forecast_error AS
SELECT installation_id, quantity, slice_by, slice, v.hours, v.mae_wh, v.mae_yesterday_wh, v.mae_last_week_wh, v.rmse_wh,
  v.bias_wh, v.run_id
FROM (
  SELECT e.installation_id, e.quantity, e.slice_by, e.slice,
    max(struct(if(e.slice_by = 'month', e.hours, 0) AS fullest, e.run_id, e.hours, e.mae_wh, e.mae_yesterday_wh,
      e.mae_last_week_wh, e.rmse_wh, e.bias_wh)) AS v
  FROM {catalog}.{keyspace}.forecast_error e JOIN solera.published_run r ON r.run_id = e.run_id
  GROUP BY e.installation_id, e.quantity, e.slice_by, e.slice
);

-- of each period one price: a known one before a published run's forecast, then the one known last
CREATE OR REPLACE VIEW solera.price AS
SELECT market, zone, start, v.end, v.price_eur_mwh, coalesce(v.kind, 'known') AS kind, v.known_at, v.provider, v.p10,
  v.p90, v.model, v.step, day
FROM (
  SELECT market, zone, day, start,
    max(struct(coalesce(kind, 'known') <> 'forecast' AS is_known, known_at,
      unix_timestamp(start) - unix_timestamp(end) AS finest, provider, end, price_eur_mwh, kind, p10, p90, model, step)) AS v
  FROM {catalog}.{keyspace}.price
  WHERE coalesce(kind, 'known') <> 'forecast'
    OR (known_at IN (SELECT coalesce(issued_at, cut) FROM solera.published_run)
      AND known_at <= (SELECT cut FROM solera.cut))
  GROUP BY market, zone, day, start
);

-- errors (EUR/MWh) of the models that the newest published run tried
CREATE OR REPLACE VIEW solera.price_skill AS
SELECT market, zone, run_id, model, days, hours, mae_eur_mwh, rmse_eur_mwh, r2, pinball_eur_mwh, coverage_p10,
  coverage_p90, is_published
FROM (
  SELECT s.*, max(s.run_id) OVER (PARTITION BY s.market, s.zone) AS newest
  FROM {catalog}.{keyspace}.price_skill s JOIN solera.published_run r ON r.run_id = s.run_id
)
WHERE run_id = newest;

-- of each member's hour what the newest published run says; what is not known is null
CREATE OR REPLACE VIEW solera.settlement AS
SELECT installation_id, start, v.run_id, v.assigned_wh, v.self_consumed_wh, v.surplus_wh, v.grid_wh, month, v.estimated
FROM (
  SELECT s.installation_id, s.month, s.start,
    max(struct(s.run_id, s.assigned_wh, s.self_consumed_wh, s.surplus_wh, s.grid_wh, s.estimated)) AS v
  FROM {catalog}.{keyspace}.settlement s JOIN solera.published_run r ON r.run_id = s.run_id
  GROUP BY s.installation_id, s.month, s.start
);

-- of each member's local month what the newest published run says, and of who shares nothing: community_id is '' there
CREATE OR REPLACE VIEW solera.settlement_month AS
SELECT installation_id, month, community_id, run_id, hours, known_hours, assigned_wh, self_consumed_wh, surplus_wh, grid_wh,
  total_eur, saving_eur, note, why, changed_hours, totals_eur, savings_eur, estimated_hours, estimated_assigned_wh,
  estimated_grid_wh
FROM (
  SELECT s.*, max(s.run_id) OVER (PARTITION BY s.installation_id, s.month, s.community_id) AS newest
  FROM {catalog}.{keyspace}.settlement_month s JOIN solera.published_run r ON r.run_id = s.run_id
)
WHERE run_id = newest;

-- the lines of the bills of those months, in their order; without those of other outcomes, eur adds up to the total
CREATE OR REPLACE VIEW solera.bill_line AS
SELECT l.installation_id, l.month, l.community_id, l.run_id, l.line, l.kind, l.period, l.since, l.until, l.quantity, l.unit,
  l.price, l.price_unit, l.eur, l.estimated_kwh, l.condition
FROM {catalog}.{keyspace}.bill_line l JOIN solera.settlement_month m
  ON m.installation_id = l.installation_id AND m.month = l.month AND m.community_id = l.community_id
  AND m.run_id = l.run_id;

-- what each published run changed of values published before it, by UTC day
CREATE OR REPLACE VIEW solera.change AS
SELECT c.run_id, c.installation_id, c.day, c.quantity, c.why, c.periods, c.before_wh, c.after_wh
FROM {catalog}.{keyspace}.change c JOIN solera.published_run r ON r.run_id = c.run_id;

-- the gap ledger: of a device's day and quantity the stretches the newest published run states
CREATE OR REPLACE VIEW solera.gap AS
SELECT installation_id, device_id, quantity, start, until, state, cause, periods, completeness, day, run_id, month
FROM (
  SELECT g.*, max(g.run_id) OVER (PARTITION BY g.installation_id, g.day, g.device_id, g.quantity) AS newest
  FROM {catalog}.{keyspace}.gap g JOIN solera.published_run r ON r.run_id = g.run_id
)
WHERE run_id = newest;

-- what others have totalled, each belief with the time it was known
CREATE OR REPLACE VIEW solera.official AS SELECT * FROM {catalog}.{keyspace}.official;

-- what the distributor's meter showed of each local month, as it was last stated; at is the time of the greatest power
CREATE OR REPLACE VIEW solera.max_power AS
SELECT installation_id, month, period, power_w, at, known_at, source FROM {catalog}.{keyspace}.max_power;
-- capacitive below 0
CREATE OR REPLACE VIEW solera.reactive_energy AS
SELECT installation_id, month, period, energy_varh, known_at, source FROM {catalog}.{keyspace}.reactive_energy;
