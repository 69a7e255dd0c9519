-- Pairings in force with their last contact: with the community, one of the paired estates, or a place below these.
select unit.subject, unit.name, unit.registered_at is not null as is_registered, unit.kind,
    pairing.community, community.name as community_name, pairing.mode, pairing.estates, pairing.since,
    contact.last_at as last_contact_at,
    floor(extract(epoch from %(as_of)s::timestamptz - coalesce(contact.last_at, pairing.since)) / 86400)::bigint
        as days_without_contact
from entity_unit unit
cross join lateral jsonb_to_recordset(unit.pairings) as pairing (
    community text, mode text, estates jsonb, since timestamptz
)
left join entity_place community on community.subject = pairing.community collate "C"
left join lateral (
    select max(one.at) as last_at
    from jsonb_to_recordset(unit.contacts) as one (place text, at timestamptz)
    where pairing.estates ? one.place or exists (
        select from places_above(one.place) above where above.place = pairing.community collate "C")
) contact on true
where (%(unit)s::text is null or unit.subject = %(unit)s)
  and (%(place)s::text is null or pairing.community in (select below.place from place_subtree(%(place)s) below))
order by contact.last_at nulls first, pairing.since, unit.subject, pairing.community collate "C"
limit %(rows)s
