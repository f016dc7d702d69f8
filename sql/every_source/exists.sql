-- Whether a named query has rows on the other side of a cursor. {rows}: that query. {beyond}: the cursor's condition.
SELECT EXISTS (SELECT FROM ({rows}) AS page WHERE TRUE{beyond}) AS found
