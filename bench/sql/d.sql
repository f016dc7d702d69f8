-- d: one engagement and its lead, as one JSON text. $1 is the engagement.
SELECT concat('{"data":{"engagement":', coalesce((
    SELECT concat(
        '{"id":"', encode(('Engagement:' || e.id)::bytea, 'base64'), '","title":', to_json(e.title),
        ',"phase":"', e.phase, '","status":"', e.status, '","leadPartner":', coalesce((
            SELECT '{"name":' || to_json(p.name) || '}' FROM directory.partner AS p WHERE p.id = e.lead_partner_id), 'null'),
        '}')
    FROM engagements.engagement AS e WHERE e.id = $1), 'null'), '}}')
