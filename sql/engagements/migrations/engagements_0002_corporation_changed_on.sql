-- Corporate register: the change date, which tells the newer of two records with the same update date.
-- depends: engagements_0001

-- migrate: apply

ALTER TABLE corporation ADD COLUMN changed_on date;

-- migrate: rollback

ALTER TABLE corporation DROP COLUMN changed_on;
