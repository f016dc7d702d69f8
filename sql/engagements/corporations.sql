-- Companies as the national corporate register has them.
-- [:numbers]  these only. Index: corporation_pkey
-- [:search]  anywhere in name, kana, number. Index: corporation_search
-- [:regions]  Index: corporation_region
-- [:status]  filter upon the rest
-- Key for ordering: number
SELECT
    c.number, c.name, c.name_kana, c.region, c.address, c.postal_code, c.status, c.successor_number, c.updated_on
FROM engagements.corporation AS c
WHERE {visible engagements.corporation c}
[[AND c.number = ANY(:numbers)]]
[[AND c.search LIKE engagements.fold_pattern(:search)]]
[[AND c.region = ANY(:regions)]]
[[AND c.status = :status]]
