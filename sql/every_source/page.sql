-- One page of the rows of a named query, in a total order.
-- {rows}: that query. {columns}: those asked for. {beyond}: the cursors' conditions. {order}: the order's columns, the last one unique.
-- :limit  one more than the page holds, which tells whether there is more
-- {most}  a number that :limit is at most: a plan that is made for any limit would be made for a tenth of all rows
SELECT {columns} FROM (
    SELECT * FROM ({rows}) AS page WHERE TRUE{beyond} ORDER BY {order} LIMIT {most}
) AS page ORDER BY {order} LIMIT :limit
