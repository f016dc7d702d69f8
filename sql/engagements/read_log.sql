-- What follows on a position, in order, with the state of the log as of the same moment: one row with no position where nothing
-- follows. Positions have no gaps, so that a range of them is a limit.
-- :after   the position
-- :limit   how many at most
-- :judged  true where it is to be told which firms see each event as it is now, by the policy's rule the other way round
-- Columns: epoch, last_position, earliest_position, then an event's, then partner_ids where judged (a null in it is nobody).
-- Index: event_log_position, of each partition; assignment_pkey
SELECT
    s.epoch, s.last_position, s.earliest_position,
    e.position, e.event_id, e.type, e.occurred_at, e.engagement_id, e.engagement_version, e.handoff_id,
    e.from_phase, e.to_phase, e.from_partner_id, e.to_partner_id, e.region
    [[, CASE WHEN :judged AND e.position IS NOT NULL THEN {seers engagements.event_log e} END AS partner_ids]]
FROM engagements.event_log_state AS s
LEFT JOIN engagements.event_log AS e ON e.position > :after AND e.position <= :after + :limit
ORDER BY e.position
