-- Events of a stretch of the log, in its order.
-- :after, :upto  the stretch: positions beyond the one, up to the other. Index: event_log_position, of each partition
-- :limit  how many at most
-- [:types], [:partner_id], [:engagement_id], [:to_phases], [:regions]  filters upon the rest; partner_id: to or from this firm
SELECT
    e.position, e.event_id, e.type, e.occurred_at, e.engagement_id, e.engagement_version, e.handoff_id,
    e.from_phase, e.to_phase, e.from_partner_id, e.to_partner_id, e.region
FROM engagements.event_log AS e
WHERE {visible engagements.event_log e} AND e.position > :after AND e.position <= :upto
[[AND e.type = ANY(:types)]]
[[AND (e.from_partner_id = :partner_id OR e.to_partner_id = :partner_id)]]
[[AND e.engagement_id = :engagement_id]]
[[AND e.to_phase = ANY(:to_phases)]]
[[AND e.region = ANY(:regions)]]
ORDER BY e.position
LIMIT :limit
