-- How many children each of many parents has. {rows}: a query of one parent's children, the parent being parent.key.
-- :parents  the parents' keys
-- Columns: parent_key, count.
SELECT parent.key AS parent_key, (SELECT count(*) FROM ({rows}) AS page) AS count
FROM unnest(:parents) AS parent (key)
