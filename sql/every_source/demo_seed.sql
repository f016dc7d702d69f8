-- What demo data a source holds: no table where none. Made by the seed itself, in the transaction that loads the data, so
-- that the record is there exactly when all of the data is, and a deployment without demo data has no trace of it.
CREATE TABLE IF NOT EXISTS demo_seed (
    edition integer NOT NULL,
    scale integer NOT NULL CHECK (scale >= 1),
    as_of date NOT NULL
)
