-- Events of a stretch of the log, in its order, with the state of the log as of then: one row without position where there is none.
-- :after, :upto  the stretch: positions beyond the one, up to the other. Index: event_log_position, of each partition
-- :limit  how many at most
-- [:types], [:partner_id], [:engagement_id], [:to_phases], [:regions]  filters upon the rest; partner_id: to or from this firm
-- Columns: as of read_log
SELECT
    s.epoch, s.last_position, s.earliest_position,
    page.position, page.event_id, page.type, page.occurred_at, page.engagement_id, page.engagement_version, page.handoff_id,
    page.from_phase, page.to_phase, page.from_partner_id, page.to_partner_id, page.region
FROM engagements.event_log_state AS s
LEFT JOIN (
    SELECT e.*
    FROM engagements.event_log AS e
    WHERE {visible engagements.event_log e} AND e.position > :after AND e.position <= :upto
    [[AND e.type = ANY(:types)]]
    [[AND (e.from_partner_id = :partner_id OR e.to_partner_id = :partner_id)]]
    [[AND e.engagement_id = :engagement_id]]
    [[AND e.to_phase = ANY(:to_phases)]]
    [[AND e.region = ANY(:regions)]]
    ORDER BY e.position
    LIMIT :limit
) AS page ON TRUE
ORDER BY page.position
