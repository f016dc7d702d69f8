-- The e-mail addresses of persons, for those who may see them. Index: member_pkey
-- :ids  of these persons
SELECT m.id, m.email
FROM directory.member AS m
WHERE {visible directory.member m} AND {visible directory.member.email m}
AND m.id = ANY(:ids)
