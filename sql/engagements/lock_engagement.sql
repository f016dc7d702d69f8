-- Lock an engagement that the viewer sees, until the transaction ends. Index: engagement_pkey
-- What it is judged by is read by the next statement: this one's snapshot may be older than the lock.
-- :engagement_id
SELECT e.id
FROM engagements.engagement AS e
WHERE {visible engagements.engagement e} AND e.id = :engagement_id
FOR NO KEY UPDATE OF e
