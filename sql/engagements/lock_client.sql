-- A client that the viewer sees, kept as it is until the transaction ends. Index: client_pkey
-- :client_id
SELECT c.id, c.advisor_id, c.region, clock_timestamp() AS at
FROM engagements.client AS c
WHERE {visible engagements.client c} AND c.id = :client_id
FOR SHARE OF c
