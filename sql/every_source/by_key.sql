-- The rows of a named query that was given keys. {rows}: that query. {columns}: those asked for, the key last.
SELECT {columns} FROM ({rows}) AS page
