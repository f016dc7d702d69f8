-- Makes the log's coming partitions, and drops those whose events have been kept long enough.
-- :days_kept, :days_ahead
SELECT engagements.keep_event_log(:days_kept, :days_ahead)
