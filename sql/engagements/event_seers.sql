-- Which firms see each of these events as it is now: by the policy's rule, the other way round.
-- :position_ids   the events' positions. Index: event_log_position, of each partition; assignment_pkey
-- Columns: position, partner_ids (a null in it is nobody); no order
SELECT e.position, {seers engagements.event_log e} AS partner_ids
FROM engagements.event_log AS e
WHERE e.position = ANY(:position_ids)
