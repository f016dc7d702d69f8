-- How many rows a named query has. {rows}: that query.
SELECT count(*) AS count FROM ({rows}) AS page
