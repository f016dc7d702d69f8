-- The first $1 partners.
SELECT p.id, p.name, p.region FROM directory.partner AS p ORDER BY p.id LIMIT $1
