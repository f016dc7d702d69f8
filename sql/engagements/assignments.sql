-- Who led which phase of an engagement, when. Index: assignment_pkey
-- :engagement_id  of this engagement
-- Key for ordering: position
SELECT a.engagement_id, a.position, a.phase, a.partner_id, a.started_at, a.ended_at
FROM engagements.assignment AS a
WHERE {visible engagements.assignment a}
AND a.engagement_id = :engagement_id
