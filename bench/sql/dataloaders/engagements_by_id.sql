-- Engagements by their ids $1.
SELECT e.id, e.title, e.phase, e.status, e.client_id, e.lead_partner_id
FROM engagements.engagement AS e WHERE e.id = ANY($1::bigint[])
