-- The phases that firms are strong in, by their associations. Index: partner_pkey, membership_pkey
-- :ids  of these firms
SELECT p.id, ARRAY(
    SELECT DISTINCT unnest(a.phases)
    FROM directory.membership AS m
    JOIN directory.association AS a ON a.id = m.association_id
    WHERE {visible directory.membership m} AND {visible directory.association a} AND m.partner_id = p.id
) AS phases
FROM directory.partner AS p
WHERE {visible directory.partner p} AND p.id = ANY(:ids)
