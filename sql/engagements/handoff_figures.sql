-- Figures over the hand-offs that handoffs.sql has, in fragments (sql/fragments.py).
-- A hand-off from or to a firm of several associations is in the group of each.
-- :now  when it is, :time_zone  where a day begins
-- :member_partner_ids, :member_association_ids  which firm belongs to which association, as the directory says
-- :home_regions, :home_partners  where firms are, and for each which firms, as the directory says
-- Index: none; all of them are read.

-- @fact handoff h.id
FROM ({rows handoffs}) AS h

-- @join sender_belongs several
LEFT JOIN (
    SELECT unnest(:member_partner_ids::bigint[]) AS partner_id, unnest(:member_association_ids::bigint[]) AS association_id
) AS sender_belongs ON sender_belongs.partner_id = h.from_partner_id

-- @join receiver_belongs several
LEFT JOIN (
    SELECT unnest(:member_partner_ids::bigint[]) AS partner_id, unnest(:member_association_ids::bigint[]) AS association_id
) AS receiver_belongs ON receiver_belongs.partner_id = h.to_partner_id

-- @join sender_home
LEFT JOIN (
    SELECT unnest(homes.partner_ids::bigint[]) AS partner_id, homes.region
    FROM unnest((SELECT :home_regions::text::text[]), (SELECT :home_partners::text::text[])) AS homes (region, partner_ids)
) AS sender_home ON sender_home.partner_id = h.from_partner_id

-- @join receiver_home
LEFT JOIN (
    SELECT unnest(homes.partner_ids::bigint[]) AS partner_id, homes.region
    FROM unnest((SELECT :home_regions::text::text[]), (SELECT :home_partners::text::text[])) AS homes (region, partner_ids)
) AS receiver_home ON receiver_home.partner_id = h.to_partner_id

-- @dimension status
h.status

-- @dimension from_phase
h.from_phase

-- @dimension to_phase
h.to_phase

-- @dimension decline_reason
h.decline_reason

-- @dimension from_partner from_partner_id
h.from_partner_id

-- @dimension to_partner to_partner_id
h.to_partner_id

-- @dimension from_association from_association_id
sender_belongs.association_id

-- @dimension to_association to_association_id
receiver_belongs.association_id

-- @dimension from_region
sender_home.region

-- @dimension to_region
receiver_home.region

-- @dimension offered_week offered_period
date_trunc('week', h.offered_at AT TIME ZONE :time_zone::text)::date

-- @dimension offered_month offered_period
date_trunc('month', h.offered_at AT TIME ZONE :time_zone::text)::date

-- @dimension offered_quarter offered_period
date_trunc('quarter', h.offered_at AT TIME ZONE :time_zone::text)::date

-- @dimension offered_year offered_period
date_trunc('year', h.offered_at AT TIME ZONE :time_zone::text)::date

-- @input handoff handoff_id bigint
h.id

-- @input handoff sender_id bigint
h.from_partner_id

-- @input handoff receiver_id bigint
h.to_partner_id

-- @input handoff outcome text
CASE WHEN h.status = 'OFFERED' AND h.respond_by <= :now THEN 'EXPIRED' WHEN h.status <> 'WITHDRAWN' THEN nullif(h.status, 'OFFERED') END

-- @input handoff days_to_answer float8
date_part('epoch', h.responded_at - h.offered_at) / 86400

-- @measure handoffs sum
count(fact.handoff_id)

-- @measure senders
count(DISTINCT fact.sender_id)

-- @measure receivers
count(DISTINCT fact.receiver_id)

-- @measure acceptance_rate
count(*) FILTER (WHERE fact.outcome = 'ACCEPTED')::float8 / nullif(count(fact.outcome), 0)

-- @measure lapse_rate
count(*) FILTER (WHERE fact.outcome = 'EXPIRED')::float8 / nullif(count(fact.outcome), 0)

-- @measure median_days_to_accept
percentile_cont(0.5) WITHIN GROUP (ORDER BY fact.days_to_answer) FILTER (WHERE fact.outcome = 'ACCEPTED')

-- @measure p90_days_to_accept
percentile_cont(0.9) WITHIN GROUP (ORDER BY fact.days_to_answer) FILTER (WHERE fact.outcome = 'ACCEPTED')

-- @measure median_days_to_decline
percentile_cont(0.5) WITHIN GROUP (ORDER BY fact.days_to_answer) FILTER (WHERE fact.outcome = 'DECLINED')
