-- Draws a new epoch: cursors of before lead nowhere any more.
-- [:seen_epoch]  unless somebody else has drawn one since this one
UPDATE engagements.event_log_state AS s SET epoch = engagements.new_epoch()
WHERE TRUE
[[AND s.epoch = :seen_epoch]]
RETURNING s.epoch
