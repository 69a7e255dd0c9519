-- Items of contracts that were due from one day to another: an item is due at the midnight that ends its last day.
select contract.subject as contract, contract.community, place.name as community_name, contract.unit,
    unit.name as unit_name, item.item, item.quantity, contract.signed_at, item.due, item.delivered_at,
    item.accepted_at, item.refused_at, item.score,
    is_in_time(
        case when item.refused_at is null then coalesce(item.delivered_at, item.accepted_at) end,
        item.due, contract.signed_at, '[]', %(as_of)s, contract.ended_at
    ) as in_time
from entity_contract contract
cross join lateral jsonb_to_recordset(contract.items) item (
    item text, quantity bigint, due timestamptz, delivered_at timestamptz, accepted_at timestamptz,
    refused_at timestamptz, score bigint
)
left join entity_place place on place.subject = contract.community
left join entity_unit unit on unit.subject = contract.unit
where contract.signed_at is not null and item.due > %(starts)s and item.due <= %(ends)s
  and (%(unit)s::text is null or contract.unit = %(unit)s)
  and (%(place)s::text is null
       or contract.community in (select below.place from place_subtree(%(place)s) below))
order by item.due, contract.subject, item.item collate "C"
limit %(rows)s
