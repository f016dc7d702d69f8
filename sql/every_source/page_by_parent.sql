-- One page of children for each of many parents, in one query: a parent's page is read by itself, by the children's index.
-- {rows}: a query of one parent's children, the parent being parent.key. {beyond}, {order}, :limit: as in page.sql
-- :parents  the parents' keys
-- Columns: those of the query, and parent_key. Order: {order} within a parent.
SELECT page.*, parent.key AS parent_key FROM unnest(:parents::bigint[]) AS parent (key) CROSS JOIN LATERAL (
    SELECT page.* FROM ({rows}) AS page WHERE TRUE{beyond} ORDER BY {order} LIMIT :limit
) AS page ORDER BY parent.key, {order}
