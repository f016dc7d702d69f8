-- The rows of a named query that was given keys, as each of several firms sees them. {rows}: that query, the viewer's firm being
-- firm.id. {columns}: those asked for, the key last
-- :firm_ids  the firms
-- Columns: those asked for, and firm_id
SELECT page.*, firm.id AS firm_id FROM unnest(:firm_ids) AS firm (id) CROSS JOIN LATERAL (
    SELECT {columns} FROM ({rows}) AS page
) AS page
