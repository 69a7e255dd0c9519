-- The last answer that counts, of the kinds in `rated_by`: reached, with a word on satisfaction, and from a
-- call-back only with all three questions answered. {satisfaction, at}, or null.
create function last_answer(ratings jsonb, rated_by jsonb) returns jsonb
language sql immutable as $$
    select jsonb_build_object('satisfaction', rating -> 'satisfaction', 'at', rating -> 'at')
    from jsonb_array_elements(ratings) with ordinality one (rating, number)
    where rated_by ? (rating ->> 'by')
      and (rating ->> 'reached')::boolean
      and rating ->> 'satisfaction' is not null
      and (rating ->> 'by' <> 'call_back'
           or rating ->> 'contacted' is not null and rating ->> 'resolved' is not null)
    order by (rating ->> 'at')::timestamptz desc, number desc
    limit 1
$$;
