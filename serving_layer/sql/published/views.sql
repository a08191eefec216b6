-- The views of database solera that say what the nights have published, made anew whenever they publish: one state for
-- all of a question. {merged} and {changes} are the files of that state in HDFS, {contested} tells of a row whether
-- several of them may state its period.

CREATE OR REPLACE VIEW solera.published_run AS
SELECT * FROM VALUES {runs} AS r (run_id, published, cut, issued_at) WHERE run_id <> '';

-- The batch view answers up to here.
CREATE OR REPLACE VIEW solera.cut AS SELECT {cut} AS cut;

-- Of each period the newest published run's value. energy_wh is NULL where that run has withdrawn it; bounds are where
-- the value is in doubt.
CREATE OR REPLACE VIEW solera.energy_batch AS
WITH stated AS (
  SELECT installation_id, quantity, start, run_id, energy_wh, completeness, method, lower_wh, upper_wh, cause, day, month
  FROM {merged} WHERE replaced_by IS NULL
  UNION ALL
  SELECT installation_id, quantity, start, run_id, energy_wh, completeness, method, lower_wh, upper_wh, cause,
    event_day AS day, trunc(event_day, 'MM') AS month
  FROM {changes}
),
newest AS (
  SELECT * FROM stated WHERE NOT ({contested})
  UNION ALL
  SELECT installation_id, quantity, start, v.*, day, month
  FROM (
    SELECT installation_id, quantity, start, day, month,
      max(struct(run_id, energy_wh, completeness, method, lower_wh, upper_wh, cause)) AS v
    FROM stated WHERE {contested}
    GROUP BY installation_id, quantity, start, day, month
  )
)
SELECT start, installation_id, quantity, energy_wh, run_id, completeness, method,
  if(energy_wh <=> lower_wh AND energy_wh <=> upper_wh, NULL, lower_wh) AS lower_wh,
  if(energy_wh <=> lower_wh AND energy_wh <=> upper_wh, NULL, upper_wh) AS upper_wh,
  nullif(cause, '') AS cause, day, month
FROM newest;

-- Every value that a run has published, and when it stood: from published on, until replaced where that is not NULL.
-- What was said at an instant T: published <= T AND coalesce(replaced > T, true) AND energy_wh IS NOT NULL
CREATE OR REPLACE VIEW solera.energy_published AS
WITH stated AS (
  SELECT installation_id, quantity, start, run_id, replaced_by, energy_wh, completeness, method, lower_wh, upper_wh,
    cause, day, month
  FROM {merged}
  UNION ALL
  SELECT installation_id, quantity, start, run_id, NULL, energy_wh, completeness, method, lower_wh, upper_wh, cause,
    event_day, trunc(event_day, 'MM')
  FROM {changes}
),
followed AS (
  SELECT * FROM stated WHERE NOT ({contested})
  UNION ALL
  SELECT installation_id, quantity, start, run_id,
    lead(run_id) OVER (PARTITION BY installation_id, quantity, start, day, month ORDER BY run_id) AS replaced_by,
    energy_wh, completeness, method, lower_wh, upper_wh, cause, day, month
  FROM stated WHERE {contested}
)
SELECT v.start, v.installation_id, v.quantity, v.energy_wh, v.run_id, p.published, r.published AS replaced,
  v.completeness, v.method,
  if(v.energy_wh <=> v.lower_wh AND v.energy_wh <=> v.upper_wh, NULL, v.lower_wh) AS lower_wh,
  if(v.energy_wh <=> v.lower_wh AND v.energy_wh <=> v.upper_wh, NULL, v.upper_wh) AS upper_wh,
  nullif(v.cause, '') AS cause, v.day, v.month
FROM followed v
JOIN solera.published_run p ON p.run_id = v.run_id
LEFT JOIN solera.published_run r ON r.run_id = v.replaced_by
WHERE v.start < p.cut;

-- The accepted readings as they are archived, since the beginning: what came twice with other values is there twice.
CREATE OR REPLACE VIEW solera.reading_archived AS SELECT {reading}, received_at, event_day AS day FROM {readings};

-- The same, one of each device and instant, as the nights take them: of two values the one with the greater bytes.
CREATE OR REPLACE VIEW solera.reading_clean AS
SELECT installation_id, device_id, time, {clean}, max(received_at) AS received_at, event_day AS day
FROM {readings}
GROUP BY installation_id, device_id, time, event_day;

-- Weather of the hour that begins at time, as its provider stated it at issued_at; day is the UTC day of time.
CREATE OR REPLACE VIEW solera.weather AS SELECT {statement}, received_at, event_day AS day FROM {weather};
