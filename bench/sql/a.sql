-- a: 50 partners with their members and certifications, as one JSON text. $1 is the day that a status is as of.
SELECT concat('{"data":{"partners":{"nodes":[', string_agg(concat(
    '{"id":"', encode(('Partner:' || p.id)::bytea, 'base64'), '","name":', to_json(p.name),
    ',"region":', coalesce(to_json(p.region)::text, 'null'),
    ',"members":{"nodes":[', (
        SELECT string_agg(concat('{"name":', to_json(m.name), ',"qualifications":', array_to_json(m.qualifications), '}'), ',')
        FROM (
            SELECT m.name, m.qualifications FROM directory.member AS m WHERE m.partner_id = p.id ORDER BY m.id LIMIT 20
        ) AS m),
    ']},"certifications":[', (
        SELECT string_agg(concat(
            '{"program":', to_json(c.program), ',"level":', to_json(c.level),
            ',"status":"', certifications.status_on(c.state, c.expires_on, $1),
            '","expiresOn":', coalesce(to_json(c.expires_on)::text, 'null'), '}'), ',')
        FROM (
            SELECT c.program, c.level, c.state, c.expires_on FROM certifications.certification AS c
            WHERE c.partner_id = p.id ORDER BY c.id LIMIT 100
        ) AS c),
    ']}'), ','), ']}}}')
FROM (SELECT p.id, p.name, p.region FROM directory.partner AS p ORDER BY p.id LIMIT 50) AS p
