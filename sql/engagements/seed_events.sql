-- Leaves in the outbox what has happened of late to the engagements that are there, as if it had been told: told from their
-- assignments, findings, prescriptions and hand-offs, each event with the version that it made. For demo data.
-- :since  the moment from when on
-- An offer's answer comes at one moment with what else it changed: `rank` orders these. What has no phase and firm of its own is of
-- the assignment of its moment.
WITH assigned AS (
    SELECT
        a.engagement_id, a.position, a.phase, a.partner_id, a.started_at, a.ended_at,
        lag(a.phase) OVER history AS phase_before, lag(a.partner_id) OVER history AS partner_before
    FROM engagements.assignment AS a
    WINDOW history AS (PARTITION BY a.engagement_id ORDER BY a.position)
), happened AS (
    SELECT
        a.engagement_id, a.started_at AS at, 1 AS rank, 'ENGAGEMENT_OPENED' AS type, NULL::bigint AS handoff_id,
        NULL AS from_phase, a.phase AS to_phase, NULL::bigint AS from_partner_id, a.partner_id AS to_partner_id
    FROM assigned AS a WHERE a.position = 1
    UNION ALL
    SELECT
        a.engagement_id, a.started_at, 2, 'PHASE_CHANGED', h.id, a.phase_before, a.phase, a.partner_before, a.partner_id
    FROM assigned AS a
    LEFT JOIN engagements.handoff AS h
        ON h.engagement_id = a.engagement_id AND h.status = 'ACCEPTED' AND h.responded_at = a.started_at
    WHERE a.position > 1 AND a.phase <> a.phase_before
    UNION ALL
    SELECT f.engagement_id, f.found_at, 1, 'FINDING_RECORDED', NULL, NULL, a.phase, NULL, a.partner_id
    FROM engagements.finding AS f
    JOIN assigned AS a
        ON a.engagement_id = f.engagement_id AND a.started_at <= f.found_at AND coalesce(f.found_at < a.ended_at, TRUE)
    UNION ALL
    SELECT p.engagement_id, p.prescribed_at, 1, 'PRESCRIBED', NULL, NULL, a.phase, NULL, a.partner_id
    FROM engagements.prescription AS p
    JOIN assigned AS a
        ON a.engagement_id = p.engagement_id AND a.started_at <= p.prescribed_at
        AND coalesce(p.prescribed_at < a.ended_at, TRUE)
    UNION ALL
    SELECT
        h.engagement_id, h.offered_at, 1, 'HANDOFF_OFFERED', h.id, h.from_phase, h.to_phase, h.from_partner_id, h.to_partner_id
    FROM engagements.handoff AS h
    UNION ALL
    SELECT
        h.engagement_id, h.responded_at, 1, 'HANDOFF_' || h.status, h.id, h.from_phase, h.to_phase,
        h.from_partner_id, h.to_partner_id
    FROM engagements.handoff AS h WHERE h.responded_at IS NOT NULL
    UNION ALL
    SELECT e.id, e.closed_at, 3, 'ENGAGEMENT_CLOSED', NULL, e.phase, NULL, e.lead_partner_id, NULL
    FROM engagements.engagement AS e WHERE e.closed_at IS NOT NULL
), numbered AS (
    SELECT h.*, row_number() OVER (PARTITION BY h.engagement_id ORDER BY h.at, h.rank) AS version FROM happened AS h
)
INSERT INTO engagements.outbox (
    event_id, type, occurred_at, engagement_id, engagement_version, handoff_id, from_phase, to_phase,
    from_partner_id, to_partner_id, region)
SELECT
    -- The same seed makes the same events.
    md5('event ' || n.engagement_id || ' ' || n.version)::uuid, n.type, n.at, n.engagement_id, n.version, n.handoff_id,
    n.from_phase, n.to_phase, n.from_partner_id, n.to_partner_id, c.region
FROM numbered AS n
JOIN engagements.engagement AS e ON e.id = n.engagement_id
JOIN engagements.client AS c ON c.id = e.client_id
WHERE n.at >= :since
ORDER BY n.at, n.engagement_id, n.version
