-- Figures over the certifications that certifications.sql has, in fragments (sql/fragments.py).
-- A certification of a firm of several associations is in the group of each.
-- :today  the day that a status, and what is left of it, are as of
-- :member_partner_ids, :member_association_ids  which firm belongs to which association, as the directory says
-- :home_regions, :home_partners  where firms are, and for each which firms, as the directory says
-- Index: none; all of them are read.

-- @fact certification c.id
FROM ({rows certifications}) AS c

-- @join belongs several
LEFT JOIN (
    SELECT unnest(:member_partner_ids::bigint[]) AS partner_id, unnest(:member_association_ids::bigint[]) AS association_id
) AS belongs ON belongs.partner_id = c.partner_id

-- @join home
LEFT JOIN (
    SELECT unnest(homes.partner_ids::bigint[]) AS partner_id, homes.region
    FROM unnest((SELECT :home_regions::text::text[]), (SELECT :home_partners::text::text[])) AS homes (region, partner_ids)
) AS home ON home.partner_id = c.partner_id

-- @dimension program
c.program

-- @dimension level
c.level

-- @dimension status
c.status

-- @dimension partner partner_id
c.partner_id

-- @dimension association association_id
belongs.association_id

-- @dimension region
home.region

-- @dimension awarded_week awarded_period
date_trunc('week', c.awarded_on::timestamp)::date

-- @dimension awarded_month awarded_period
date_trunc('month', c.awarded_on::timestamp)::date

-- @dimension awarded_quarter awarded_period
date_trunc('quarter', c.awarded_on::timestamp)::date

-- @dimension awarded_year awarded_period
date_trunc('year', c.awarded_on::timestamp)::date

-- @dimension expires_week expires_period
date_trunc('week', c.expires_on::timestamp)::date

-- @dimension expires_month expires_period
date_trunc('month', c.expires_on::timestamp)::date

-- @dimension expires_quarter expires_period
date_trunc('quarter', c.expires_on::timestamp)::date

-- @dimension expires_year expires_period
date_trunc('year', c.expires_on::timestamp)::date

-- @input certification certification_id bigint
c.id

-- @input certification partner_counted bigint
c.partner_id

-- @input certification is_active boolean
c.status = 'ACTIVE'

-- @input certification days_left float8
CASE WHEN c.status = 'ACTIVE' THEN (c.expires_on - :today::date)::float8 END

-- @measure certifications sum
count(fact.certification_id)

-- @measure partners
count(DISTINCT fact.partner_counted)

-- @measure active_rate
count(*) FILTER (WHERE fact.is_active)::float8 / nullif(count(fact.is_active), 0)

-- @measure median_days_left
percentile_cont(0.5) WITHIN GROUP (ORDER BY fact.days_left)

-- @measure p10_days_left
percentile_cont(0.1) WITHIN GROUP (ORDER BY fact.days_left)
