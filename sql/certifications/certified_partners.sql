-- The firms that hold a certification in force. Index: certification_program
-- :program  in this program
-- :today  on this day
SELECT DISTINCT c.partner_id
FROM certifications.certification AS c
WHERE {visible certifications.certification c}
AND c.program = :program
AND certifications.status_on(c.state, c.expires_on, :today) = 'ACTIVE'
