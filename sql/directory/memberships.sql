-- Which firm belongs to which association, as two arrays of the same order, for figures of other sources; written
-- out, as they go back to a database as they are. One row.
-- Index: none; all of them are read.
SELECT
    coalesce(array_agg(m.partner_id)::text, '{}') AS member_partner_ids,
    coalesce(array_agg(m.association_id)::text, '{}') AS member_association_ids
FROM directory.membership AS m
WHERE {visible directory.membership m}
