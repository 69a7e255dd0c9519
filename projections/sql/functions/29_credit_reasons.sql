-- Why a service gets no credit, null where it gets it: greedily, in the order given, person after person. See `credited`.
create function credit_reasons(persons text[], deeds text[], begans timestamptz[], endeds timestamptz[]) returns text[]
language plpgsql immutable as $$
declare
    reasons text[] := array_fill(null::text, array[coalesce(cardinality(persons), 0)]);
    owner text;
    taken tstzmultirange := '{}';
    done text[] := '{}';
begin
    for number in 1 .. coalesce(cardinality(persons), 0) loop
        if persons[number] is distinct from owner then
            owner := persons[number];
            taken := '{}';
            done := '{}';
        end if;
        reasons[number] := case
            when deeds[number] = any (done) then 'same_deed'
            when begans[number] < endeds[number] and tstzrange(begans[number], endeds[number]) && taken then 'overlap'
        end;
        if reasons[number] is null then
            done := done || deeds[number];
            if begans[number] < endeds[number] then
                taken := taken + tstzmultirange(tstzrange(begans[number], endeds[number]));
            end if;
        end if;
    end loop;
    return reasons;
end
$$;
