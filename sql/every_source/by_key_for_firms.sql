-- The rows of a named query that was given keys, of several firms: of each the rows that it asks for, as it sees them.
-- {rows}: that query, the viewer's firm being asked.firm_id, and the keys asked.keys. {columns}: those asked for, the key last
-- :firm_ids, :key_ids  which firm asks for which key
-- Columns: those asked for, and firm_id
SELECT page.*, asked.firm_id FROM (
    SELECT one.firm_id, array_agg(one.key) AS keys FROM unnest(:firm_ids, :key_ids) AS one (firm_id, key) GROUP BY one.firm_id
) AS asked CROSS JOIN LATERAL (
    SELECT {columns} FROM ({rows}) AS page
) AS page
