-- The engagements of which an offer has lapsed, the longest lapsed first, at most 100. Index: handoff_respond_by, which a moment
-- that might differ from row to row, as clock_timestamp() might, could not be looked up in
SELECT o.engagement_id
FROM engagements.handoff AS o
WHERE o.status = 'OFFERED' AND o.respond_by <= now()
ORDER BY o.respond_by
LIMIT 100
