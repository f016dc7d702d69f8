-- Which firm belongs to which association, as two arrays of the same order, for figures of other sources. One row.
-- Index: none; all of them are read.
SELECT
    coalesce(array_agg(m.partner_id), '{}') AS member_partner_ids,
    coalesce(array_agg(m.association_id), '{}') AS member_association_ids
FROM directory.membership AS m
WHERE {visible directory.membership m}
