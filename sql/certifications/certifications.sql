-- Certifications, with their status on a day.
-- :today  that day
-- [:ids]  these only. Index: certification_pkey
-- [:partner_id]  of one firm. Index: certification_partner
-- [:valid_on]  in force on that day
-- [:program]  Index: certification_program
-- [:status]  as of :today
-- [:expires_from], [:expires_before]  ending on that day or later, or earlier. Index: certification_expires_on
-- Keys for ordering: id; expires_on_key, id (certification_expires_on)
SELECT
    c.id, c.partner_id, c.program, c.level, c.competencies,
    certifications.status_on(c.state, c.expires_on, :today) AS status,
    c.awarded_on, c.expires_on,
    coalesce(c.expires_on, 'infinity') AS expires_on_key
FROM certifications.certification AS c
WHERE {visible certifications.certification c}
[[AND c.id = ANY(:ids)]]
[[AND c.partner_id = :partner_id]]
[[AND c.awarded_on <= :valid_on AND certifications.status_on(c.state, c.expires_on, :valid_on) = 'ACTIVE']]
[[AND c.program = :program]]
[[AND certifications.status_on(c.state, c.expires_on, :today) = :status]]
[[AND coalesce(c.expires_on, 'infinity') >= :expires_from]]
[[AND coalesce(c.expires_on, 'infinity') <= :expires_before]]
