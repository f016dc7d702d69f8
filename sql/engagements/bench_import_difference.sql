-- How many corporations differ between the table `corporation` and the records in the temporary table `copied`, of which the
-- newest of each number counts (by update date, then change date).
--
-- Columns: difference: 0 where both hold the same rows.
-- Index: none; a bench reads both tables whole.
WITH newest AS (
    SELECT DISTINCT ON (number)
        number, name, name_kana, region, address, postal_code, status, successor_number, updated_on, changed_on
    FROM copied
    ORDER BY number, updated_on DESC, changed_on DESC
),
imported AS (
    SELECT number, name, name_kana, region, address, postal_code, status, successor_number, updated_on, changed_on
    FROM corporation
)
SELECT (SELECT count(*) FROM (TABLE newest EXCEPT TABLE imported) AS missing)
    + (SELECT count(*) FROM (TABLE imported EXCEPT TABLE newest) AS surplus) AS difference;
