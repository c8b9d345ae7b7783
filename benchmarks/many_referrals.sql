-- :n referrals of :n users by a twentieth as many others. Each user is a known person with a telephone number and a
-- payment instrument of his own, so that looking for reasons to hold a reward reads as much as it does in life.
-- Neighbours were referred by different users, on different days; nobody has paid yet.
SET session_replication_role = replica;
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';

CREATE FUNCTION pg_temp.key(kind int, i bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid $$;

CREATE TEMP TABLE somebody AS
SELECT 'invited-' || i AS id, i FROM generate_series(1, :n::bigint) AS i
UNION ALL SELECT 'inviting-' || i, :n + 1 + i FROM generate_series(0, :n::bigint / 20 - 1) AS i;

INSERT INTO user_account (id, email, full_name, country_code, tier, stripe_customer_id, created_at)
SELECT id, id || '@example.org', 'Claire Example', 'FR', 'free', 'cus_' || id, now() - interval '40 days'
FROM somebody;

INSERT INTO prospect (id, email, phone, phone_valid, first_name, last_name, country_code, pending_task, created_at)
SELECT pg_temp.key(1, i), id || '@example.org', '+33199' || lpad(i::text, 7, '0'), true, 'Claire', 'Example', 'FR', false,
       now() - interval '40 days'
FROM somebody;

INSERT INTO payer_fingerprint (customer_id, fingerprint) SELECT 'cus_' || id, 'fp_' || id FROM somebody;

INSERT INTO referral_profile (user_id, country_code, referral_code, created_at)
SELECT id, 'FR', upper(lpad(to_hex(i), 8, 'X')), now() - interval '40 days' FROM somebody;

INSERT INTO referral (id, referred_user_id, referring_user_id, referred_country_code, terms_version, status, created_at,
                      referring_user_has_received_amount, turn, held_for)
SELECT pg_temp.key(2, i), 'invited-' || i, 'inviting-' || i * 7919 % (:n / 20), 'FR', '2016-1', 'created',
       now() - interval '1 day' * (2 + i % 30), false, 0, '{}'
FROM generate_series(1, :n::bigint) AS i;

VACUUM ANALYZE user_account, prospect, payer_fingerprint, referral_profile, referral;
CHECKPOINT;
