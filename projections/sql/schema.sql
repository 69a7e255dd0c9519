-- The tables of one generation: what a set of folds makes of the ledger. Made by `python -m projections.store.ddl`.
-- Executed with the generation's schema first in search_path. Texts are ordered and compared by code point.

create table position (
    partition smallint primary key,
    next bigint not null,
    last_hash text
);

create table anomaly (
    partition smallint not null,
    ledger_offset bigint not null,
    time timestamptz not null,
    subject text collate "C" not null,
    event text not null,
    reason text not null,
    primary key (partition, ledger_offset)
);

-- act, version 1
create table entity_act (
    subject text collate "C" primary key,
    persons jsonb,
    unit text collate "C",
    team text collate "C",
    activity text collate "C",
    same_act text collate "C",
    place text collate "C",
    kind text collate "C",
    began timestamptz,
    ended timestamptz,
    beneficiaries bigint,
    acted_at timestamptz,
    confirmed_at timestamptz,
    refused_at timestamptz
) with (fillfactor = 75);

create table tally_volunteer_day (
    place text collate "C" not null,
    day date not null,
    acts bigint not null,
    confirmed bigint not null,
    refused bigint not null,
    confirmed_minutes bigint not null,
    beneficiaries bigint not null,
    contributors bigint not null,
    primary key (place, day)
) with (fillfactor = 70);

create table tally_volunteer_person (
    person text collate "C" not null,
    day date not null,
    acts bigint not null,
    confirmed bigint not null,
    refused bigint not null,
    confirmed_minutes bigint not null,
    contributors bigint not null,
    primary key (person, day)
) with (fillfactor = 70);

create table tally_volunteer_unit (
    unit text collate "C" not null,
    day date not null,
    acts bigint not null,
    confirmed bigint not null,
    refused bigint not null,
    confirmed_minutes bigint not null,
    contributors bigint not null,
    primary key (unit, day)
) with (fillfactor = 70);

create table tally_volunteer_team (
    team text collate "C" not null,
    day date not null,
    acts bigint not null,
    confirmed bigint not null,
    refused bigint not null,
    confirmed_minutes bigint not null,
    contributors bigint not null,
    primary key (team, day)
) with (fillfactor = 70);

-- activity, version 1
create table entity_activity (
    subject text collate "C" primary key,
    title text collate "C",
    kind text collate "C",
    campaign text collate "C",
    place text collate "C",
    organiser text collate "C",
    providers jsonb,
    begins timestamptz,
    ends timestamptz,
    planned_at timestamptz,
    held_at timestamptz,
    attendance bigint,
    cancelled_at timestamptz
) with (fillfactor = 75);

create table tally_activity_day (
    place text collate "C" not null,
    kind text collate "C" not null,
    day date not null,
    planned bigint not null,
    held bigint not null,
    cancelled bigint not null,
    attendance bigint not null,
    contributors bigint not null,
    primary key (place, kind, day)
) with (fillfactor = 70);

create table tally_activity_provider (
    unit text collate "C" not null,
    day date not null,
    planned bigint not null,
    held bigint not null,
    contributors bigint not null,
    primary key (unit, day)
) with (fillfactor = 70);

-- case, version 1
create table entity_case (
    subject text collate "C" primary key,
    source text collate "C",
    event_id text collate "C",
    discovered_at timestamptz,
    recorded_at timestamptz,
    channel text collate "C",
    demand text collate "C",
    category text collate "C",
    urgency text collate "C",
    handle_class text collate "C",
    place text collate "C",
    text text collate "C",
    location text collate "C",
    reporter text collate "C",
    about text collate "C",
    first_responsible text collate "C",
    continues text collate "C",
    photos bigint,
    refused_at timestamptz,
    dispatched_at timestamptz,
    dispatches bigint,
    assignee text collate "C",
    grid text collate "C",
    sign_in_due timestamptz,
    handle_due timestamptz,
    dispatch_rule text collate "C",
    accepted_at timestamptz,
    declined bigint,
    whistle_requested_at timestamptz,
    whistled_at timestamptz,
    obligations jsonb,
    deliberated_at timestamptz,
    handled_at timestamptz,
    first_handled_at timestamptz,
    handled_by text collate "C",
    resolved boolean,
    replied_at timestamptz,
    ratings jsonb,
    looked_up_at timestamptz,
    lookups bigint,
    reopen_requested_at timestamptz,
    reopened_at timestamptz,
    reopens bigint,
    extensions bigint,
    pauses jsonb,
    merged_into text collate "C",
    merged_at timestamptz,
    disputes jsonb,
    excluded_at timestamptz,
    supervised_by text collate "C",
    supervised_at timestamptz,
    escalated_to text collate "C",
    escalated_at timestamptz,
    withdrawn_at timestamptz,
    closed_at timestamptz
) with (fillfactor = 75);

create table tally_case_day (
    place text collate "C" not null,
    day date not null,
    discovered bigint not null,
    dispatched bigint not null,
    accepted bigint not null,
    handled bigint not null,
    handled_in_grid bigint not null,
    whistled bigint not null,
    replied bigint not null,
    rated bigint not null,
    satisfied bigint not null,
    looked_up bigint not null,
    reopened bigint not null,
    withdrawn bigint not null,
    done bigint not null,
    contributors bigint not null,
    primary key (place, day)
) with (fillfactor = 70);

create table tally_grid_load (
    place text collate "C" not null,
    open bigint not null,
    emergency bigint not null,
    urgent bigint not null,
    ordinary bigint not null,
    contributors bigint not null,
    primary key (place)
) with (fillfactor = 70);

create table tally_worker_load (
    person text collate "C" not null,
    open bigint not null,
    emergency bigint not null,
    urgent bigint not null,
    ordinary bigint not null,
    contributors bigint not null,
    primary key (person)
) with (fillfactor = 70);

create table tally_worker_day (
    person text collate "C" not null,
    day date not null,
    dispatched bigint not null,
    accepted bigint not null,
    handled bigint not null,
    contributors bigint not null,
    primary key (person, day)
) with (fillfactor = 70);

create table tally_unit_day (
    unit text collate "C" not null,
    day date not null,
    called bigint not null,
    lead bigint not null,
    reported bigint not null,
    handled bigint not null,
    resolved bigint not null,
    contributors bigint not null,
    primary key (unit, day)
) with (fillfactor = 70);

-- duty, version 1
create table entity_duty (
    subject text collate "C" primary key,
    party text collate "C",
    unit text collate "C",
    community text collate "C",
    kind text collate "C",
    same_act text collate "C",
    began timestamptz,
    ended timestamptz,
    beneficiaries bigint,
    reported_at timestamptz,
    served_at timestamptz,
    confirmed_at timestamptz,
    refused_at timestamptz
) with (fillfactor = 75);

create table tally_duty_day (
    community text collate "C" not null,
    unit text collate "C" not null,
    day date not null,
    reported bigint not null,
    served bigint not null,
    confirmed bigint not null,
    refused bigint not null,
    confirmed_minutes bigint not null,
    beneficiaries bigint not null,
    contributors bigint not null,
    primary key (community, unit, day)
) with (fillfactor = 70);

create table tally_duty_party (
    party text collate "C" not null,
    unit text collate "C" not null,
    day date not null,
    reported bigint not null,
    served bigint not null,
    confirmed bigint not null,
    refused bigint not null,
    confirmed_minutes bigint not null,
    contributors bigint not null,
    primary key (party, unit, day)
) with (fillfactor = 70);

-- person, version 1
create table entity_person (
    subject text collate "C" primary key,
    name text collate "C",
    phone text collate "C",
    source text collate "C",
    event_id text collate "C",
    roles jsonb,
    unit text collate "C",
    community text collate "C",
    merged_into text collate "C",
    away_from timestamptz,
    away_until timestamptz,
    registered_at timestamptz,
    left_at timestamptz
) with (fillfactor = 75);

create table tally_unit_role (
    unit text collate "C" not null,
    role text collate "C" not null,
    persons bigint not null,
    contributors bigint not null,
    primary key (unit, role)
) with (fillfactor = 70);

create table tally_community_role (
    community text collate "C" not null,
    role text collate "C" not null,
    persons bigint not null,
    contributors bigint not null,
    primary key (community, role)
) with (fillfactor = 70);

-- place, version 1
create table entity_place (
    subject text collate "C" primary key,
    name text collate "C",
    level text collate "C",
    parent text collate "C",
    responsible_unit text collate "C",
    brand text collate "C",
    networks jsonb,
    longitude double precision,
    latitude double precision,
    staff jsonb,
    registered_at timestamptz,
    closed_at timestamptz
) with (fillfactor = 75);

create table tally_place_level (
    level text collate "C" not null,
    registered bigint not null,
    closed bigint not null,
    with_unit bigint not null,
    contributors bigint not null,
    primary key (level)
) with (fillfactor = 70);

-- publisher, version 1
create table entity_publisher (
    subject text collate "C" primary key,
    name text collate "C",
    sources jsonb,
    types jsonb,
    places jsonb,
    rate_per_second bigint,
    rhythm_minutes bigint,
    registered_at timestamptz,
    changed_at timestamptz,
    revoked_at timestamptz
) with (fillfactor = 75);

create table tally_publisher_state (
    state text collate "C" not null,
    publishers bigint not null,
    with_rhythm bigint not null,
    contributors bigint not null,
    primary key (state)
) with (fillfactor = 70);

-- team, version 1
create table entity_team (
    subject text collate "C" primary key,
    kind text collate "C",
    colour text collate "C",
    place text collate "C",
    name text collate "C",
    members jsonb,
    formed_at timestamptz
) with (fillfactor = 75);

create table tally_team_place (
    place text collate "C" not null,
    kind text collate "C" not null,
    teams bigint not null,
    members bigint not null,
    contributors bigint not null,
    primary key (place, kind)
) with (fillfactor = 70);

-- unit, version 1
create table entity_unit (
    subject text collate "C" primary key,
    name text collate "C",
    kind text collate "C",
    pairings jsonb,
    registered_at timestamptz,
    contacted_at timestamptz
) with (fillfactor = 75);

create table tally_unit_kind (
    kind text collate "C" not null,
    registered bigint not null,
    paired bigint not null,
    contributors bigint not null,
    primary key (kind)
) with (fillfactor = 70);

create table tally_community_pairing (
    community text collate "C" not null,
    units bigint not null,
    estates bigint not null,
    contributors bigint not null,
    primary key (community)
) with (fillfactor = 70);
