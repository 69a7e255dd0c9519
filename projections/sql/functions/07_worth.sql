-- What a resident's word on satisfaction counts for, 0 to 1.
create function worth(satisfaction text, fairly_worth jsonb) returns numeric
language sql immutable as $$
    select case satisfaction
        when 'satisfied' then 1 when 'fairly' then fairly_worth::numeric when 'dissatisfied' then 0
    end
$$;
