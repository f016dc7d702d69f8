-- The first $1 engagements.
SELECT e.id, e.title, e.phase, e.status, e.client_id, e.lead_partner_id FROM engagements.engagement AS e ORDER BY e.id LIMIT $1
