-- Members by their ids $1.
SELECT m.id, m.name, m.qualifications FROM directory.member AS m WHERE m.id = ANY($1::bigint[])
