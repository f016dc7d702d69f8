-- Notes up to where a consumer has read the event log.
-- :name, :epoch, :position
INSERT INTO community.log_consumer AS c (name, epoch, position) VALUES (:name, :epoch, :position)
ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, position = excluded.position
