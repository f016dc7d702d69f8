-- The sequences that number the rows of tables, to be set past rows that brought their own numbers.
--
-- Parameters: $1 the schema (text), $2 its tables (text[]).
-- Columns: table_name, column_name, sequence.
SELECT table_name::text, column_name::text,
    pg_get_serial_sequence(format('%I.%I', table_schema, table_name), column_name) AS sequence
FROM information_schema.columns
WHERE table_schema = $1 AND table_name = ANY ($2::text[]) AND is_identity = 'YES'
