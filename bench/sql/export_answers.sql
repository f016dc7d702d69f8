-- The rows of export_rows.sql as the graph writes them: what exports are compared with, and nothing is measured by.
-- Columns: as there, every one a text. Order: id (engagement_pkey).
SELECT encode(convert_to('Engagement:' || e.id, 'UTF8'), 'base64'), e.title, e.phase, e.status,
    replace(to_char(e.opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z'),
    replace(to_char(e.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z'),
    c.name, c.region, p.name, p.region
FROM engagements.engagement AS e
LEFT JOIN engagements.client AS c ON c.id = e.client_id
LEFT JOIN directory.partner AS p ON p.id = e.lead_partner_id
ORDER BY e.id
