-- Clients by their ids $1.
SELECT c.id, c.name, c.region FROM engagements.client AS c WHERE c.id = ANY($1::bigint[])
