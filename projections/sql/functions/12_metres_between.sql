-- The distance of two points in metres, on a sphere of the earth's mean radius; null where a part is not known.
create function metres_between(
    longitude double precision, latitude double precision,
    other_longitude double precision, other_latitude double precision
) returns double precision
language sql immutable strict as $$
    select 2 * 6371008.8 * asin(least(1, sqrt(
        sin(radians(other_latitude - latitude) / 2) ^ 2
        + cos(radians(latitude)) * cos(radians(other_latitude)) * sin(radians(other_longitude - longitude) / 2) ^ 2
    )))
$$;
