-- The grade that a total earns: the best one only with enough reporting and service, where these were measured.
--
-- parameters  rule unit_assessment
-- indicators  as unit_assessment tells them
create function unit_grade(parameters jsonb, total numeric, indicators jsonb) returns text
language sql immutable as $$
    select graded.value ->> 'name'
    from jsonb_array_elements(parameters -> 'grades') with ordinality graded (value, number)
    where total >= (graded.value ->> 'at_least')::numeric
      and (graded.number > 1 or not exists (
            select from jsonb_array_elements(indicators) told
            where (told ->> 'indicator' = 'duty_reporting' and (told ->> 'share')::numeric * 100
                        < (parameters -> 'best_grade_needs' ->> 'reporting_percent')::numeric)
               or (told ->> 'indicator' = 'duty_service' and (told ->> 'share')::numeric * 100
                        < (parameters -> 'best_grade_needs' ->> 'service_percent')::numeric)))
    order by graded.number limit 1
$$;
