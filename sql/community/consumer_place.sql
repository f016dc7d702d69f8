-- Up to where a consumer has read the event log: epoch, position; no row where it has not begun. Index: log_consumer_pkey
-- :name
SELECT c.epoch, c.position FROM community.log_consumer AS c WHERE c.name = :name
