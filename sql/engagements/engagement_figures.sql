-- Figures over the engagements that engagements.sql has, in fragments (sql/fragments.py). Not over its rows themselves, but where a
-- filter narrows them: the client that it joins would keep PostgreSQL from reading an index alone.
-- An engagement with several symptoms, or led by a firm of several associations, is in the group of each.
-- :now  when it is, :time_zone  where a day begins
-- :member_partner_ids, :member_association_ids  which firm belongs to which association, as the directory says
-- :home_regions, :home_partners  where firms are, and for each which firms, as the directory says
-- Index: none; all of them are read, and hand-offs are hashed by engagement.

-- @fact engagement e.id
FROM engagements.engagement AS e

-- @fact handoff h.id
FROM engagements.engagement AS e
JOIN engagements.handoff AS h ON h.engagement_id = e.id AND {visible engagements.handoff h}

-- @where
{visible engagements.engagement e}

-- @narrowed
e.id IN (SELECT kept.id FROM ({rows engagements}) AS kept)

-- @join c
LEFT JOIN engagements.client AS c ON c.id = e.client_id

-- @join found several
LEFT JOIN (
    SELECT DISTINCT f.engagement_id, f.symptom_code FROM engagements.finding AS f WHERE {visible engagements.finding f}
) AS found ON found.engagement_id = e.id

-- + 0, twice: an index on the lead would be walked in its order, and every engagement fetched by itself. That lists are selected keeps
-- their length from the plan, which would sort all engagements rather than hash the firms.
-- @join belongs several
LEFT JOIN (
    SELECT unnest(:member_partner_ids::bigint[]) AS partner_id, unnest(:member_association_ids::bigint[]) AS association_id
) AS belongs ON belongs.partner_id = e.lead_partner_id + 0

-- @join home
LEFT JOIN (
    SELECT unnest(homes.partner_ids::bigint[]) AS partner_id, homes.region
    FROM unnest((SELECT :home_regions::text::text[]), (SELECT :home_partners::text::text[])) AS homes (region, partner_ids)
) AS home ON home.partner_id = e.lead_partner_id + 0

-- @dimension phase
e.phase

-- @dimension status
e.status

-- @dimension region
c.region

-- @dimension industry
c.industry

-- @dimension symptom symptom_code
found.symptom_code

-- @dimension lead_partner lead_partner_id
e.lead_partner_id

-- @dimension lead_association lead_association_id
belongs.association_id

-- @dimension lead_region
home.region

-- @dimension opened_week opened_period
date_trunc('week', e.opened_at AT TIME ZONE :time_zone::text)::date

-- @dimension opened_month opened_period
date_trunc('month', e.opened_at AT TIME ZONE :time_zone::text)::date

-- @dimension opened_quarter opened_period
date_trunc('quarter', e.opened_at AT TIME ZONE :time_zone::text)::date

-- @dimension opened_year opened_period
date_trunc('year', e.opened_at AT TIME ZONE :time_zone::text)::date

-- @input engagement engagement_id bigint
e.id

-- @input engagement client_id bigint
CASE WHEN {counted engagements.engagement.client_id e} THEN e.client_id END

-- @input engagement days_open float8
date_part('epoch', coalesce({shown engagements.engagement.closed_at e}, :now) - e.opened_at) / 86400

-- @input engagement is_completed boolean
CASE e.status WHEN 'COMPLETED' THEN TRUE WHEN 'ABANDONED' THEN FALSE END

-- @input handoff handoff_id bigint
h.id

-- @input handoff is_accepted boolean
CASE
    WHEN h.status = 'ACCEPTED' THEN TRUE
    WHEN h.status IN ('DECLINED', 'EXPIRED') OR h.status = 'OFFERED' AND h.respond_by <= :now THEN FALSE
END

-- @input handoff days_to_accept float8
CASE WHEN h.status = 'ACCEPTED' THEN date_part('epoch', h.responded_at - h.offered_at) / 86400 END

-- @measure engagements sum
count(fact.engagement_id)

-- @measure clients
count(DISTINCT fact.client_id)

-- @measure handoffs sum
count(fact.handoff_id)

-- @measure acceptance_rate
count(*) FILTER (WHERE fact.is_accepted)::float8 / nullif(count(fact.is_accepted), 0)

-- @measure median_days_to_accept
percentile_cont(0.5) WITHIN GROUP (ORDER BY fact.days_to_accept)

-- @measure p90_days_to_accept
percentile_cont(0.9) WITHIN GROUP (ORDER BY fact.days_to_accept)

-- @measure median_days_open
percentile_cont(0.5) WITHIN GROUP (ORDER BY fact.days_open)

-- @measure p90_days_open
percentile_cont(0.9) WITHIN GROUP (ORDER BY fact.days_open)

-- @measure completion_rate
count(*) FILTER (WHERE fact.is_completed)::float8 / nullif(count(fact.is_completed), 0)
