-- Figures of an output that every reader must agree on: what, key, n.
-- tamis query "$(cat .ci/readers/expected.sql)" --data OUT --format json > EXPECTED.json
SELECT 'rows' AS what, 'flagged' AS key, count(*) AS n FROM flagged
UNION ALL SELECT 'rows', 'hits', count(*) FROM hits
UNION ALL SELECT 'rows', 'records', count(*) FROM records
UNION ALL SELECT 'rows', 'dead_letters', count(*) FROM dead_letters
UNION ALL SELECT 'triage', triage, count(*) FROM records GROUP BY triage
UNION ALL SELECT 'flagged by arrival_date', coalesce(CAST(arrival_date AS VARCHAR), 'null'), count(*) FROM flagged GROUP BY arrival_date
UNION ALL SELECT 'records by arrival_date', coalesce(CAST(arrival_date AS VARCHAR), 'null'), count(*) FROM records GROUP BY arrival_date
UNION ALL SELECT 'hits by arrival_date', coalesce(CAST(arrival_date AS VARCHAR), 'null'), count(*) FROM hits GROUP BY arrival_date
UNION ALL SELECT 'dead_letters by received_date', coalesce(CAST(received_date AS VARCHAR), 'null'), count(*) FROM dead_letters GROUP BY received_date
UNION ALL SELECT 'hits by list', list, count(*) FROM hits WHERE hit_kind = 'watchlist' GROUP BY list
UNION ALL SELECT 'hits', 'hit_count', coalesce(sum(hit_count), 0) FROM flagged
UNION ALL SELECT 'hits', 'unnested', count(*) FROM (SELECT unnest(hits) AS hit FROM flagged) AS unnested
UNION ALL SELECT 'hits', 'of referred records', count(*) FROM hits WHERE triage = 'refer'
ORDER BY what, key
