-- Draws a new epoch where this database is not the one that the log was last appended to: another system (restored elsewhere) or
-- another timeline (a failover, a recovery to a point in time). For who has just come to hold the log's advisory lock.
-- Gives epoch, is_new.
UPDATE engagements.event_log_state AS s SET
    epoch = CASE
        WHEN s.system_identifier <> here.system_identifier OR s.timeline <> here.timeline THEN engagements.new_epoch()
        ELSE s.epoch
    END,
    system_identifier = here.system_identifier,
    timeline = here.timeline
FROM (
    -- Not pg_control_checkpoint: that learns of a promotion no sooner than by the next checkpoint.
    SELECT c.system_identifier, ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer AS timeline
    FROM pg_control_system() AS c
) AS here, engagements.event_log_state AS before
RETURNING s.epoch, s.epoch <> before.epoch AS is_new
