-- What slows down a bulk load and can be made again after it: indexes that no constraint stands on, and foreign keys.
--
-- Parameters: $1 the schema (text), $2 its tables (text[]).
-- Columns: drop_statement, create_statement; in the order in which to drop; to be made again in the order of rows.
SELECT drop_statement, create_statement
FROM (
    SELECT 1 AS step, con.conname::text AS name,
        format('ALTER TABLE %s DROP CONSTRAINT %I', con.conrelid::regclass, con.conname) AS drop_statement,
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', con.conrelid::regclass, con.conname, pg_get_constraintdef(con.oid))
            AS create_statement
    FROM pg_constraint AS con
    JOIN pg_class AS rel ON rel.oid = con.conrelid
    WHERE con.contype = 'f' AND rel.relnamespace = $1::text::regnamespace AND rel.relname = ANY ($2::text[])
    UNION ALL
    SELECT 2, idx.relname, format('DROP INDEX %s', ind.indexrelid::regclass), pg_get_indexdef(ind.indexrelid)
    FROM pg_index AS ind
    JOIN pg_class AS idx ON idx.oid = ind.indexrelid
    JOIN pg_class AS rel ON rel.oid = ind.indrelid
    WHERE rel.relnamespace = $1::text::regnamespace AND rel.relname = ANY ($2::text[])
        AND NOT EXISTS (SELECT FROM pg_constraint AS con WHERE con.conindid = ind.indexrelid)
) AS rebuildable
ORDER BY step, name
