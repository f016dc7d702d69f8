-- e: 1,000 engagements in one list, as one JSON text. A client or lead that several share is put together once.
WITH e AS MATERIALIZED (
    SELECT e.id, e.title, e.phase, e.status, e.client_id, e.lead_partner_id
    FROM engagements.engagement AS e ORDER BY e.id LIMIT 1000
)
SELECT concat('{"data":{"engagements":{"nodes":[', string_agg(concat(
    '{"id":"', encode(('Engagement:' || e.id)::bytea, 'base64'), '","title":', to_json(e.title),
    ',"phase":"', e.phase, '","status":"', e.status,
    '","client":', coalesce(client.answer, 'null'),
    ',"leadPartner":', coalesce(lead.answer, 'null'), '}'), ',' ORDER BY e.id), ']}}}')
FROM e
LEFT JOIN (
    SELECT c.id, '{"name":' || to_json(c.name) || '}' AS answer
    FROM engagements.client AS c WHERE c.id = ANY(ARRAY(SELECT e.client_id FROM e))
) AS client ON client.id = e.client_id
LEFT JOIN (
    SELECT p.id, '{"name":' || to_json(p.name) || '}' AS answer
    FROM directory.partner AS p WHERE p.id = ANY(ARRAY(SELECT e.lead_partner_id FROM e))
) AS lead ON lead.id = e.lead_partner_id
