-- How the engagements that engagements.sql has pass through the phases, in fragments (sql/fragments.py): a fact for each phase that an
-- engagement is or was in. Where its past does not show, that is the phase that it is in now.
-- Index: none; all of them are read, and assignments are hashed by engagement.

-- @fact stay e.id
FROM engagements.engagement AS e
LEFT JOIN (
    SELECT
        a.engagement_id, a.phase,
        CASE WHEN bool_and(a.ended_at IS NOT NULL) THEN date_part('epoch', max(a.ended_at) - min(a.started_at)) / 86400 END AS days
    FROM engagements.assignment AS a
    WHERE {visible engagements.assignment a}
    GROUP BY a.engagement_id, a.phase
) AS stay ON stay.engagement_id = e.id

-- @where
{visible engagements.engagement e}

-- @narrowed
e.id IN (SELECT kept.id FROM ({rows engagements}) AS kept)

-- @dimension phase
coalesce(stay.phase, e.phase)

-- @input stay outcome text
CASE WHEN stay.phase <> e.phase THEN 'ADVANCED' ELSE e.status END

-- @input stay days float8
stay.days

-- @measure entered sum
count(fact.outcome)

-- @measure advanced sum
count(*) FILTER (WHERE fact.outcome = 'ADVANCED')

-- @measure completed sum
count(*) FILTER (WHERE fact.outcome = 'COMPLETED')

-- @measure abandoned sum
count(*) FILTER (WHERE fact.outcome = 'ABANDONED')

-- @measure open sum
count(*) FILTER (WHERE fact.outcome = 'OPEN')

-- @measure median_days
percentile_cont(0.5) WITHIN GROUP (ORDER BY fact.days)
