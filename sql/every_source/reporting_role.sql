-- Lets the role of the SQL door read the reporting views over this source's tables, and makes the role where there is none. Run at every
-- migration: roles belong to the whole server, so that two sources' migrations may meet here, and an operator may have made it.
-- hub.reporting_role, hub.reporting_source  session settings: the role, the source's schema
DO $$
DECLARE
    reader text := current_setting('hub.reporting_role');
    door regclass;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = reader) THEN
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', reader);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            -- Told by who asked for it (hub/migrations.py); the rest of a migration needs no such right.
            WHEN insufficient_privilege THEN RETURN;
        END;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA reporting TO %I', reader);
    FOR door IN
        SELECT DISTINCT seen.oid::regclass
        FROM pg_class AS seen
        JOIN pg_rewrite AS rule ON rule.ev_class = seen.oid
        JOIN pg_depend AS needs ON needs.classid = 'pg_rewrite'::regclass AND needs.objid = rule.oid
        JOIN pg_class AS base ON needs.refclassid = 'pg_class'::regclass AND base.oid = needs.refobjid
        WHERE seen.relkind = 'v' AND seen.relnamespace = 'reporting'::regnamespace
            AND base.relnamespace = current_setting('hub.reporting_source')::regnamespace
    LOOP
        EXECUTE format('GRANT SELECT ON %s TO %I', door, reader);
    END LOOP;
END
$$
