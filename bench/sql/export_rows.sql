-- What an export of engagements with client and lead holds, from the one database of the benchmarks: what COPY is given.
-- Columns: those of bench/export.py's document, as they are stored. Order: id (engagement_pkey).
SELECT e.id, e.title, e.phase, e.status, e.opened_at, e.updated_at,
    c.name AS client_name, c.region AS client_region, p.name AS lead_name, p.region AS lead_region
FROM engagements.engagement AS e
LEFT JOIN engagements.client AS c ON c.id = e.client_id
LEFT JOIN directory.partner AS p ON p.id = e.lead_partner_id
ORDER BY e.id
