-- One page of children for each of many parents, in one query: a parent's page is read by itself, by the children's index.
-- {columns}: those asked for. {rows}: a query of one parent's children, the parent being parent.key. {beyond}, {order}, :limit: as in page.sql
-- :parents  the parents' keys
-- Columns: those asked for, and parent_key. Order: {order} within a parent.
SELECT {columns}, parent.key AS parent_key FROM unnest(:parents) AS parent (key) CROSS JOIN LATERAL (
    SELECT page.* FROM ({rows}) AS page WHERE TRUE{beyond} ORDER BY {order} LIMIT :limit
) AS page ORDER BY parent.key, {order}
