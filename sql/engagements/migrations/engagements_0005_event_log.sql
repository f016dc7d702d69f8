-- The event log: every event once, at a position without gaps, in an order that no reader ever sees change.
-- depends: engagements_0004_idempotency

-- migrate: apply

CREATE FUNCTION new_epoch() RETURNS bigint LANGUAGE sql VOLATILE PARALLEL SAFE
    RETURN ('x' || right(replace(gen_random_uuid()::text, '-', ''), 15))::bit(60)::bigint;

-- The log as a whole, in one row: whoever appends writes it with what is appended, and whoever reads sees both alike.
CREATE TABLE event_log_state (
    is_the_only_row boolean PRIMARY KEY DEFAULT TRUE CHECK (is_the_only_row),
    -- Which history the positions are of: drawn anew when events that somebody has read may have been lost.
    epoch bigint NOT NULL DEFAULT new_epoch(),
    last_position bigint NOT NULL DEFAULT 0,
    -- The oldest that is still kept; one past the last where none is.
    earliest_position bigint NOT NULL DEFAULT 1,
    -- Where the log was last appended to. A restore elsewhere has another identifier, a failover or a recovery another timeline.
    system_identifier bigint,
    timeline integer,
    -- What cursors are sealed with: beside the positions that it hides, so that all nodes have the same and none has to be told.
    cursor_key bytea NOT NULL DEFAULT
        sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'))
) WITH (fillfactor = 10);

INSERT INTO event_log_state DEFAULT VALUES;

-- The columns of the outbox, with a position. No key: one writer at a time numbers, and readers stop at a gap.
CREATE TABLE event_log (
    position bigint NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    occurred_at timestamptz NOT NULL,
    engagement_id bigint NOT NULL,
    engagement_version integer NOT NULL,
    handoff_id bigint,
    from_phase text,
    to_phase text,
    from_partner_id bigint,
    to_partner_id bigint,
    region text,
    appended_at timestamptz NOT NULL
) PARTITION BY RANGE (appended_at);

CREATE INDEX event_log_position ON event_log (position);

-- For moments that no day's partition is made for, so that appending never fails.
CREATE TABLE event_log_default PARTITION OF event_log DEFAULT;

-- Makes the partitions of today (UTC) and some days ahead, and drops those whose events have all been kept long enough.
-- It waits for nobody: where a partition is in use it fails, to be called again.
CREATE FUNCTION keep_event_log(days_kept integer, days_ahead integer) RETURNS void LANGUAGE plpgsql
SET lock_timeout = '200ms' AS $$
DECLARE
    today CONSTANT date := (now() AT TIME ZONE 'UTC')::date;
    day date;
    partition text;
BEGIN
    FOR ahead IN 0..days_ahead LOOP
        day := today + ahead;
        partition := 'event_log_' || to_char(day, 'YYYYMMDD');
        IF to_regclass('engagements.' || partition) IS NULL THEN
            BEGIN
                EXECUTE format(
                    'CREATE TABLE %I.%I PARTITION OF engagements.event_log FOR VALUES FROM (%L) TO (%L)',
                    'engagements', partition, day || ' 00:00+00', day + 1 || ' 00:00+00');
            EXCEPTION WHEN check_violation THEN
                RAISE WARNING 'events of % are in event_log_default already, and stay there', day;
            END;
        END IF;
    END LOOP;
    FOR partition IN
        SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'engagements.event_log'::regclass AND c.relname ~ '^event_log_[0-9]{8}$'
            AND to_date(right(c.relname, 8), 'YYYYMMDD') < today - days_kept
        ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE engagements.%I', partition);
    END LOOP;
    DELETE FROM engagements.event_log_default AS d WHERE d.appended_at < (today - days_kept)::timestamp AT TIME ZONE 'UTC';
    UPDATE engagements.event_log_state AS s SET earliest_position = kept.earliest
    FROM (
        SELECT coalesce(
            (SELECT min(e.position) FROM engagements.event_log AS e),
            (SELECT log.last_position + 1 FROM engagements.event_log_state AS log)) AS earliest
    ) AS kept
    WHERE s.earliest_position <> kept.earliest;
END
$$;

SELECT keep_event_log(30, 3);

-- Every row of the outbox is soon deleted: what is dead is cleared while it is little, for the sequencer looks past it each time.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- migrate: rollback

ALTER TABLE outbox RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_vacuum_cost_delay);

DROP TABLE event_log;

DROP TABLE event_log_state;

DROP FUNCTION keep_event_log;

DROP FUNCTION new_epoch;
