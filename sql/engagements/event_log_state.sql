-- The log as a whole: epoch, last_position, earliest_position, cursor_key. One row.
SELECT s.epoch, s.last_position, s.earliest_position, s.cursor_key FROM engagements.event_log_state AS s
