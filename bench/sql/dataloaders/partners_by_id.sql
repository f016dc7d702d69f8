-- Partners by their ids $1.
SELECT p.id, p.name, p.region FROM directory.partner AS p WHERE p.id = ANY($1::bigint[])
