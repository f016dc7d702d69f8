-- Where each firm is, as two arrays of the same order, for figures of other sources. One row.
-- Index: none; all of them are read.
SELECT coalesce(array_agg(p.id), '{}') AS home_partner_ids, coalesce(array_agg(p.region), '{}') AS home_regions
FROM directory.partner AS p
WHERE {visible directory.partner p}
