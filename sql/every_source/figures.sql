-- A row for each group of facts. {facts}: a row a fact and group. {grouped}: dimensions and measures. {group_by}, {order}, {columns}: by
-- them. {bounds}: conditions on measures.
-- :most  one more than the groups that there may be, which tells whether there are more
SELECT {columns} FROM (
    SELECT {grouped}, FALSE AS is_rest FROM ({facts}) AS fact {group_by}
) AS grouped
WHERE TRUE{bounds}
ORDER BY {order}
LIMIT :most
