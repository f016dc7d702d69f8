-- All rows of a named query, in a total order: read through a cursor, a number of them at a time.
-- {rows}, {columns}, {beyond}, {order}: as in page.sql
SELECT {columns} FROM ({rows}) AS page WHERE TRUE{beyond} ORDER BY {order}
