-- A row for each of the first groups of facts, and one for all others together, last. As figures.sql, but read twice: {ranked} is what
-- groups are ordered and bounded by, from {facts}; {measures} are made of {inputs}, from {keyed}, once more with a group's keys.
-- {keys}: a group's dimensions as texts, of which those of nulls are equal. {same}: where these agree. {names}: the dimensions.
-- {distinct}: each fact once in the rest, in however many groups it is.
-- :first  how many groups
WITH ranked AS MATERIALIZED (
    SELECT {keys}, {names}row_number() OVER (ORDER BY {order}) AS place
    FROM (SELECT {ranked}, FALSE AS is_rest FROM ({facts}) AS fact {group_by}) AS grouped
    WHERE TRUE{bounds}
)
SELECT {columns} FROM (
    SELECT {names}measured.*, measured.place > :first AS is_rest
    FROM (
        SELECT fact.place{measures}
        FROM (
            SELECT {distinct} least(ranked.place, :first::bigint + 1) AS place, {inputs}
            FROM ({keyed}) AS fact
            JOIN ranked ON {same}
        ) AS fact
        GROUP BY fact.place
    ) AS measured
    LEFT JOIN (SELECT {names}ranked.place AS named FROM ranked) AS named ON named.named = measured.place AND named.named <= :first
) AS grouped
ORDER BY grouped.place
