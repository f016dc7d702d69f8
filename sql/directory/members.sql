-- Persons at partner firms.
-- [:ids]  these only. Index: member_pkey
-- [:partner_id]  of one firm. Index: member_partner
SELECT m.id, m.partner_id, m.name, m.name_kana, m.qualifications
FROM directory.member AS m
WHERE {visible directory.member m}
[[AND m.id = ANY(:ids)]]
[[AND m.partner_id = :partner_id]]
