-- :n open leads, each of a person of its own. :near calls are planned for the slot that begins at :start; of the others
-- eight in ten are planned for later slots and two rest without a call, which is what waits for the recovery.
-- One in five was called ten days ago without success, one in four has looked at pages.
SET session_replication_role = replica;
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';

CREATE FUNCTION pg_temp.key(kind int, i bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid $$;

INSERT INTO prospect (id, email, phone, phone_valid, first_name, last_name, country_code, pending_task, created_at)
SELECT pg_temp.key(1, i), 'lead-' || i || '@example.org', '+33199' || lpad(i::text, 7, '0'), true, 'Claire', 'Example',
       'FR', false, now() - interval '20 days'
FROM generate_series(1, :n::bigint) AS i;

INSERT INTO lead (id, prospect_id, lead_type, source, country_code, is_owner, sell_timeframe, buys_first,
                  property_type, postal_code, surface_m2, estimated_price_eur, property_key, timezone, segment, score,
                  status, call_attempts, last_attempt_at, request_count, requested_at, created_at, updated_at)
SELECT pg_temp.key(2, i), pg_temp.key(1, i), 'RDVVQ', 'estimate', 'FR', true,
       CASE WHEN i % 3 = 0 THEN 'now' ELSE '3_months' END, false, CASE WHEN i % 2 = 0 THEN 'house' ELSE 'apartment' END,
       lpad((1000 + i * 7919 % 94000)::text, 5, '0'), 40 + i % 100, 100000 + i * 7919 % 700000,
       'in FR ' || i, 'Europe/Paris', CASE WHEN i % 3 = 0 THEN 'PVI_NOW' ELSE 'PVI_SOON' END, i * 7919 % 1000,
       'new', CASE WHEN i % 5 = 0 THEN 1 ELSE 0 END, CASE WHEN i % 5 = 0 THEN now() - interval '10 days' END, 1,
       now() - interval '20 days' + i * interval '1 second', now() - interval '20 days' + i * interval '1 second', now()
FROM generate_series(1, :n::bigint) AS i;

INSERT INTO lead_score (lead_id, score, unclipped, base, contributions, rule_set_version, scored_at)
SELECT id, score, score, 100, '[]', 'generated', now() FROM lead;

INSERT INTO submission (id, lead_id, prospect_id, source, requested_at, received_at)
SELECT pg_temp.key(3, i), pg_temp.key(2, i), pg_temp.key(1, i), 'estimate', now() - interval '20 days', now()
FROM generate_series(1, :n::bigint) AS i;

INSERT INTO prospect_event (id, prospect_id, event_name, properties, occurred_at, received_at, caller, message_id)
SELECT pg_temp.key(4, i), pg_temp.key(1, i), 'page_view', '{}', now() - interval '2 days', now(), 'generated', i::text
FROM generate_series(1, :n::bigint, 4) AS i;

INSERT INTO call (id, lead_id, prospect_id, campaign, slot_start, slot_end, state, planned_at, attempts,
                  last_attempt_at, wrapup, closed_at)
SELECT pg_temp.key(5, i), pg_temp.key(2, i), pg_temp.key(1, i), 'PVI', now() - interval '10 days',
       now() - interval '10 days' + interval '3 hours', 'called', now() - interval '20 days', 1,
       now() - interval '10 days', 'unreachable', now() - interval '10 days'
FROM generate_series(5, :n::bigint, 5) AS i;

INSERT INTO call_attempt (id, prospect_id, lead_id, call_id, attempted_at)
SELECT pg_temp.key(6, i), pg_temp.key(1, i), pg_temp.key(2, i), pg_temp.key(5, i), now() - interval '10 days'
FROM generate_series(5, :n::bigint, 5) AS i;

INSERT INTO call (id, lead_id, prospect_id, campaign, slot_start, slot_end, state, planned_at, attempts)
SELECT pg_temp.key(7, i), pg_temp.key(2, i), pg_temp.key(1, i), 'PVI', slot, slot + interval '3 hours', 'planned',
       now() - interval '1 day', 0
FROM generate_series(1, :n::bigint) AS i,
     LATERAL (SELECT :'start'::timestamptz + CASE WHEN i % (:n / :near) = 0 THEN 0 ELSE 1 + i % 200 END
                     * interval '1 day' AS slot) AS planned
WHERE i % (:n / :near) = 0 OR i % 10 < 8;

VACUUM ANALYZE prospect, lead, lead_score, submission, prospect_event, call, call_attempt;
CHECKPOINT;
