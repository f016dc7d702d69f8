-- b: a board of 100 engagements, as one JSON text. A lead and a client that several share is put together once.
-- $1 is the day that a status is as of.
WITH e AS MATERIALIZED (
    SELECT e.id, e.title, e.phase, e.status, e.client_id, e.lead_partner_id
    FROM engagements.engagement AS e ORDER BY e.id LIMIT 100
), lead AS MATERIALIZED (
    SELECT p.id, concat('{"name":', to_json(p.name), ',"certifications":[', (
        SELECT string_agg(concat(
            '{"program":', to_json(c.program), ',"status":"', certifications.status_on(c.state, c.expires_on, $1), '"}'), ',')
        FROM (
            SELECT c.program, c.state, c.expires_on FROM certifications.certification AS c
            WHERE c.partner_id = p.id ORDER BY c.id LIMIT 100
        ) AS c), ']}') AS answer
    FROM directory.partner AS p WHERE p.id = ANY(ARRAY(SELECT e.lead_partner_id FROM e))
)
SELECT concat('{"data":{"engagements":{"nodes":[', string_agg(concat(
    '{"id":"', encode(('Engagement:' || e.id)::bytea, 'base64'), '","title":', to_json(e.title),
    ',"phase":"', e.phase, '","status":"', e.status,
    '","client":', coalesce(client.answer, 'null'),
    ',"leadPartner":', coalesce(lead.answer, 'null'),
    ',"handoffs":[', (
        SELECT string_agg(concat(
            '{"status":"', h.status, '","toPhase":"', h.to_phase, '","toPartner":', coalesce((
                SELECT '{"name":' || to_json(p.name) || '}' FROM directory.partner AS p WHERE p.id = h.to_partner_id), 'null'),
            '}'), ',')
        FROM (
            SELECT h.status, h.to_phase, h.to_partner_id FROM engagements.handoff AS h
            WHERE h.engagement_id = e.id ORDER BY h.offered_at, h.id LIMIT 100
        ) AS h),
    ']}'), ',' ORDER BY e.id), ']}}}')
FROM e
LEFT JOIN (
    SELECT c.id, concat('{"name":', to_json(c.name), ',"region":', coalesce(to_json(c.region)::text, 'null'), '}') AS answer
    FROM engagements.client AS c WHERE c.id = ANY(ARRAY(SELECT e.client_id FROM e))
) AS client ON client.id = e.client_id
LEFT JOIN lead ON lead.id = e.lead_partner_id
