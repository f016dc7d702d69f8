-- As figures_first.sql where each measure of the rest is the {sums} of its groups', so that facts are read once.
-- :first  how many groups
WITH ranked AS MATERIALIZED (
    SELECT grouped.*, row_number() OVER (ORDER BY {order}) AS place
    FROM (SELECT {grouped}, FALSE AS is_rest FROM ({facts}) AS fact {group_by}) AS grouped
    WHERE TRUE{bounds}
)
SELECT {columns} FROM (
    SELECT ranked.* FROM ranked WHERE ranked.place <= :first
    UNION ALL
    SELECT {sums}, TRUE, NULL FROM ranked WHERE ranked.place > :first HAVING count(*) > 0
) AS grouped
ORDER BY grouped.is_rest, grouped.place
