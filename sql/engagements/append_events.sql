-- Moves committed events from the outbox to the end of the log, in the order of their ids, and tells listeners once.
-- Only for who holds the log's advisory lock, taken by a statement before: so this one's snapshot has all that is appended.
-- :limit  how many at most
-- Gives `appended`: how many; no row where there was none. Index: outbox_pkey
WITH taken AS (
    DELETE FROM engagements.outbox AS o
    WHERE o.id = ANY(ARRAY(SELECT next.id FROM engagements.outbox AS next ORDER BY next.id LIMIT :limit))
    RETURNING o.*
), counted AS (
    SELECT count(*) AS appended FROM taken
), numbered AS (
    UPDATE engagements.event_log_state AS s SET last_position = s.last_position + counted.appended
    FROM counted WHERE counted.appended > 0
    RETURNING s.last_position - counted.appended AS before
), appended AS (
    INSERT INTO engagements.event_log (
        position, event_id, type, occurred_at, engagement_id, engagement_version, handoff_id, from_phase, to_phase,
        from_partner_id, to_partner_id, region, appended_at)
    SELECT
        numbered.before + row_number() OVER (ORDER BY taken.id), taken.event_id, taken.type, taken.occurred_at,
        taken.engagement_id, taken.engagement_version, taken.handoff_id, taken.from_phase, taken.to_phase,
        taken.from_partner_id, taken.to_partner_id, taken.region, clock_timestamp()
    FROM taken, numbered
)
SELECT counted.appended, pg_notify('engagements_events', '') AS told FROM counted WHERE counted.appended > 0
