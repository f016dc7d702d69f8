-- Whether each of many parents has children on the other side of a cursor. {rows}, {beyond}: as in page_by_parent.sql
-- :parents  the parents' keys
-- Columns: parent_key, found.
SELECT parent.key AS parent_key, EXISTS (SELECT FROM ({rows}) AS page WHERE TRUE{beyond}) AS found
FROM unnest(:parents) AS parent (key)
