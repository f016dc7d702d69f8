-- Start an assignment, after all that there were. Index: assignment_pkey
INSERT INTO engagements.assignment (engagement_id, position, phase, partner_id, started_at)
SELECT :engagement_id, coalesce(max(a.position), 0) + 1, :phase, :partner_id, :at
FROM engagements.assignment AS a
WHERE a.engagement_id = :engagement_id
