-- Lock the engagement of a hand-off that the viewer sees, until the transaction ends. Index: handoff_pkey, engagement_pkey
-- The hand-off's rule holds: a firm that an offer was made to sees it for good, though no more of the engagement.
-- :handoff_id
SELECT e.id
FROM engagements.handoff AS h
JOIN engagements.engagement AS e ON e.id = h.engagement_id
WHERE {visible engagements.handoff h} AND h.id = :handoff_id
FOR NO KEY UPDATE OF e
