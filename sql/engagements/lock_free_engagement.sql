-- Lock an engagement until the transaction ends, unless another transaction has it. Index: engagement_pkey
-- :engagement_id
SELECT e.id
FROM engagements.engagement AS e
WHERE e.id = :engagement_id
FOR NO KEY UPDATE OF e SKIP LOCKED
