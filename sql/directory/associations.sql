-- Associations. Index: association_pkey; there are a handful.
-- [:ids]  these only
SELECT a.id, a.code, a.name_ja, a.name_en, a.role, a.phases
FROM directory.association AS a
WHERE {visible directory.association a}
[[AND a.id = ANY(:ids)]]
