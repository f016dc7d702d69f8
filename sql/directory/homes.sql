-- Where firms are, and for each place which firms, as two arrays of the same order, for figures of other sources; written out, as
-- they go back to a database as they are, and by place, as a region is longer than a key. One row.
-- Index: partner_region; all of it is read.
SELECT coalesce(array_agg(home.region)::text, '{}') AS home_regions, coalesce(array_agg(home.partners)::text, '{}') AS home_partners
FROM (
    SELECT p.region, array_agg(p.id)::text AS partners
    FROM directory.partner AS p
    WHERE {visible directory.partner p}
    GROUP BY p.region
) AS home
