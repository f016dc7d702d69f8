-- The children of many parents, of whom each has few, in one walk through the children's index: half of what it costs to read them
-- parent by parent (page_by_parent.sql).
-- {columns}: those asked for. {rows}: a query of the children, in which the parent is one of :parents. {column}: what names it there
-- {order}: their order within a parent. The index must be on the parent and then that, so that the limit ends the walk
-- :parents  the parents' keys
-- {most}    how many rows at most, of all parents
-- Columns: those asked for, and parent_key. Order: parent_key, {order}
SELECT {columns}, page.{column} AS parent_key FROM ({rows}) AS page ORDER BY page.{column}, {order} LIMIT {most}
