-- c: one partner and everything around it, as one JSON text. $1 is the day that a status is as of, $2 the partner.
SELECT concat('{"data":{"partner":', coalesce((
    SELECT concat(
        '{"name":', to_json(p.name),
        ',"members":{"nodes":[', (
            SELECT string_agg(concat('{"name":', to_json(m.name), '}'), ',')
            FROM (SELECT m.name FROM directory.member AS m WHERE m.partner_id = p.id ORDER BY m.id LIMIT 20) AS m),
        ']},"certifications":[', (
            SELECT string_agg(concat(
                '{"program":', to_json(c.program),
                ',"status":"', certifications.status_on(c.state, c.expires_on, $1), '"}'), ',')
            FROM (
                SELECT c.program, c.state, c.expires_on FROM certifications.certification AS c
                WHERE c.partner_id = p.id ORDER BY c.id LIMIT 100
            ) AS c),
        '],"engagements":{"nodes":[', (
            SELECT string_agg(concat(
                '{"title":', to_json(e.title), ',"client":', coalesce((
                    SELECT '{"name":' || to_json(c.name) || '}' FROM engagements.client AS c WHERE c.id = e.client_id), 'null'),
                ',"enrollments":{"nodes":[', (
                    SELECT string_agg(concat('{"attendee":', to_json(n.attendee), ',"status":"', n.status, '"}'), ',')
                    FROM (
                        SELECT n.attendee, n.status FROM trainings.enrollment AS n
                        WHERE n.engagement_id = e.id ORDER BY n.id LIMIT 20
                    ) AS n),
                ']}}'), ',')
            FROM (
                -- The first 20 of those that it has led and the first 20 of those that it leads hold the first 20 of all.
                SELECT e.id, e.title, e.client_id FROM (
                    SELECT near.id FROM (
                        (
                            SELECT DISTINCT a.engagement_id AS id FROM engagements.assignment AS a
                            WHERE a.partner_id = p.id ORDER BY a.engagement_id LIMIT 20
                        ) UNION (
                            SELECT led.id FROM engagements.engagement AS led
                            WHERE led.lead_partner_id = p.id ORDER BY led.id LIMIT 20
                        )
                    ) AS near ORDER BY near.id LIMIT 20
                ) AS near JOIN engagements.engagement AS e ON e.id = near.id ORDER BY near.id
            ) AS e),
        ']},"posts":{"nodes":[', (
            SELECT string_agg(concat('{"title":', to_json(t.title), ',"comments":{"nodes":[', (
                SELECT string_agg(concat('{"body":', to_json(c.body), ',"author":', coalesce((
                    SELECT '{"name":' || to_json(m.name) || '}' FROM directory.member AS m WHERE m.id = c.author_id), 'null'),
                    '}'), ',')
                FROM (
                    SELECT c.body, c.author_id FROM community.comment AS c
                    WHERE c.post_id = t.id ORDER BY c.posted_at, c.id LIMIT 20
                ) AS c),
                ']}}'), ',')
            FROM (
                SELECT t.id, t.title FROM community.post AS t
                WHERE t.partner_id = p.id ORDER BY t.posted_at DESC, t.id DESC LIMIT 10
            ) AS t),
        ']}}')
    FROM directory.partner AS p WHERE p.id = $2), 'null'), '}}')
