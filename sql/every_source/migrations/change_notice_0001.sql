-- Tells every node of the hub which rows of reference data changed, so that no cache outlives them.
-- depends:

-- migrate: apply

-- AFTER STATEMENT trigger on INSERT, UPDATE and DELETE of a table whose rows are cached. Arguments: the name by which
-- the cache knows the table's rows, and the column that holds the cached key, or none where any change concerns all. Sends on the channel `<schema>_changed`
-- {"name": …, "keys": [up to 200]}; without keys, which means all, also where more changed than fit a notification (8,000 bytes).
CREATE FUNCTION notify_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed text;
    keys jsonb;
    payload jsonb := jsonb_build_object('name', TG_ARGV[0]);
BEGIN
    IF TG_NARGS = 1 THEN
        PERFORM pg_notify(TG_TABLE_SCHEMA || '_changed', payload::text);
        RETURN NULL;
    END IF;
    changed := CASE TG_OP
        WHEN 'INSERT' THEN 'SELECT * FROM after_rows'
        WHEN 'DELETE' THEN 'SELECT * FROM before_rows'
        ELSE 'SELECT * FROM before_rows UNION ALL SELECT * FROM after_rows'
    END;
    EXECUTE format('SELECT jsonb_agg(key) FROM (SELECT DISTINCT %I AS key FROM (%s) AS rows LIMIT 201) AS distinct_keys',
                   TG_ARGV[1], changed) INTO keys;
    IF keys IS NULL THEN
        RETURN NULL;
    END IF;
    IF jsonb_array_length(keys) <= 200 THEN
        payload := payload || jsonb_build_object('keys', keys);
    END IF;
    PERFORM pg_notify(TG_TABLE_SCHEMA || '_changed', payload::text);
    RETURN NULL;
END
$$;

-- migrate: rollback

DROP FUNCTION notify_changed();
