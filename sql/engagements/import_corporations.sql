-- Brings records of the corporate register into `corporation`: a number not known yet is inserted, an older record replaced,
-- and a row that holds this record or a newer one is not touched at all: not rewritten, not even locked.
--
-- Of two records of one number the newer is the one with the later update date, then the later change date; should those
-- be equal, then the one whose other columns sort last: no meaning, but the same whatever the order they come in.
--
-- Parameters: ten arrays of the same length, the columns of the records: $1 number (no number twice), $2 name, $3 name_kana,
--   $4 region, $5 address, $6 postal_code, $7 status, $8 successor_number (text), $9 updated_on, $10 changed_on (date).
-- Columns: inserted, updated: how many rows were.
-- Index: corporation_pkey, once to leave out what is not newer (cheap: the text to search by is made for every row that is
--   put to INSERT, taken or not), once in the insert itself, which decides again, as another import may have come between.
--   The order of numbers lets two imports at once wait for each other instead of locking each other out.
WITH record AS (
    SELECT *
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::date[], $10::date[])
        AS record (number, name, name_kana, region, address, postal_code, status, successor_number, updated_on, changed_on)
),
written AS (
    INSERT INTO corporation AS present
        (number, name, name_kana, region, address, postal_code, status, successor_number, updated_on, changed_on)
    SELECT record.*
    FROM record
    LEFT JOIN corporation AS known ON known.number = record.number
    WHERE known.number IS NULL
        OR (record.updated_on, record.changed_on, ARRAY[record.status, record.name, record.name_kana, record.region,
            record.address, record.postal_code, record.successor_number] COLLATE "C")
        > (coalesce(known.updated_on, '-infinity'), coalesce(known.changed_on, '-infinity'), ARRAY[known.status, known.name,
            known.name_kana, known.region, known.address, known.postal_code, known.successor_number] COLLATE "C")
    ORDER BY record.number
    ON CONFLICT (number) DO UPDATE SET
        name = excluded.name,
        name_kana = excluded.name_kana,
        region = excluded.region,
        address = excluded.address,
        postal_code = excluded.postal_code,
        status = excluded.status,
        successor_number = excluded.successor_number,
        updated_on = excluded.updated_on,
        changed_on = excluded.changed_on
    WHERE (excluded.updated_on, excluded.changed_on, ARRAY[excluded.status, excluded.name, excluded.name_kana,
            excluded.region, excluded.address, excluded.postal_code, excluded.successor_number] COLLATE "C")
        > (coalesce(present.updated_on, '-infinity'), coalesce(present.changed_on, '-infinity'), ARRAY[present.status,
            present.name, present.name_kana, present.region, present.address, present.postal_code,
            present.successor_number] COLLATE "C")
    -- A row version that was inserted has no xmax; one that replaced another carries the lock under which it did.
    RETURNING xmax = 0 AS inserted
)
SELECT count(*) FILTER (WHERE inserted) AS inserted, count(*) FILTER (WHERE NOT inserted) AS updated
FROM written;
