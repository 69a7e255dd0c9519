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

-- Clocks that run. `due` is what an event stamped; where it is null, the rule of the clock makes it.
create table deadline (
    subject text collate "C" not null,
    clock text collate "C" not null,
    key text collate "C" not null,
    holder text collate "C",
    started_at timestamptz not null,
    recorded_at timestamptz not null,
    span_class text collate "C" not null,
    due timestamptz,
    pauses jsonb not null,            -- [[from, until | null], …]
    primary key (subject, clock, key)
) with (fillfactor = 75);
-- For the clock: told in time, and possibly due.
create index on deadline (due) where due is not null and recorded_at - started_at <= interval '24 hours';
create index on deadline (clock, span_class, started_at)
    where due is null and recorded_at - started_at <= interval '24 hours';

-- How much each source has told of each day (Shanghai, by the event's time), and the newest of it.
create table watermark (
    partition smallint not null,
    source text collate "C" not null,
    day date not null,
    events bigint not null,
    newest_time timestamptz not null,
    newest_stamp timestamptz not null,
    primary key (partition, source, day)
) with (fillfactor = 70);

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

-- activity, version 2
create table entity_activity (
    subject text collate "C" primary key,
    title text collate "C",
    kind text collate "C",
    campaign text collate "C",
    brand text collate "C",
    facility text collate "C",
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
    campaign text collate "C" not null,
    brand text collate "C" not null,
    day date not null,
    planned bigint not null,
    held bigint not null,
    held_by_units bigint not null,
    cancelled bigint not null,
    attendance bigint not null,
    contributors bigint not null,
    primary key (place, kind, campaign, brand, day)
) with (fillfactor = 70);

create table tally_activity_provider (
    place text collate "C" not null,
    unit text collate "C" not null,
    kind text collate "C" not null,
    day date not null,
    planned bigint not null,
    held bigint not null,
    attendance bigint not null,
    contributors bigint not null,
    primary key (place, unit, kind, day)
) with (fillfactor = 70);

-- application, version 1
create table entity_application (
    subject text collate "C" primary key,
    item text collate "C",
    person text collate "C",
    channel text collate "C",
    counter text collate "C",
    community text collate "C",
    first_responsible text collate "C",
    filed_at timestamptz,
    promised_working_days bigint,
    accepted_at timestamptz,
    recorded_at timestamptz,
    returned_at timestamptz,
    returns bigint,
    missing text collate "C",
    pauses jsonb,
    decided_at timestamptz,
    granted boolean,
    delivered_at timestamptz,
    fired jsonb
) with (fillfactor = 75);
create index on entity_application (subject) where filed_at is not null and decided_at is null;

create table tally_application_day (
    place text collate "C" not null,
    item text collate "C" not null,
    channel text collate "C" not null,
    day date not null,
    filed bigint not null,
    accepted bigint not null,
    returned bigint not null,
    decided bigint not null,
    granted bigint not null,
    delivered bigint not null,
    overdue bigint not null,
    contributors bigint not null,
    primary key (place, item, channel, day)
) with (fillfactor = 70);

create table tally_application_person (
    person text collate "C" not null,
    day date not null,
    filed bigint not null,
    accepted bigint not null,
    returned bigint not null,
    decided bigint not null,
    granted bigint not null,
    delivered bigint not null,
    overdue bigint not null,
    contributors bigint not null,
    primary key (person, day)
) with (fillfactor = 70);

-- assessment, version 1
create table entity_assessment (
    subject text collate "C" primary key,
    unit text collate "C",
    began_at timestamptz,
    scores jsonb
) with (fillfactor = 75);

create table tally_assessment_day (
    unit text collate "C" not null,
    place text collate "C" not null,
    tier text collate "C" not null,
    kind text collate "C" not null,
    day date not null,
    items bigint not null,
    points bigint not null,
    most bigint not null,
    contested bigint not null,
    contested_points bigint not null,
    contested_most bigint not null,
    contributors bigint not null,
    primary key (unit, place, tier, kind, day)
) with (fillfactor = 70);

-- camera, version 1
create table entity_camera (
    subject text collate "C" primary key,
    network text collate "C",
    place text collate "C",
    location text collate "C",
    source text collate "C",
    event_id text collate "C",
    alerts jsonb,
    registered_at timestamptz
) with (fillfactor = 75);

create table tally_camera_place (
    place text collate "C" not null,
    network text collate "C" not null,
    cameras bigint not null,
    contributors bigint not null,
    primary key (place, network)
) with (fillfactor = 70);

create table tally_camera_day (
    place text collate "C" not null,
    network text collate "C" not null,
    kind text collate "C" not null,
    day date not null,
    alerted bigint not null,
    confirmed bigint not null,
    dismissed bigint not null,
    contributors bigint not null,
    primary key (place, network, kind, day)
) with (fillfactor = 70);

create table tally_camera_person (
    person text collate "C" not null,
    day date not null,
    confirmed bigint not null,
    dismissed bigint not null,
    contributors bigint not null,
    primary key (person, day)
) with (fillfactor = 70);

-- care, version 1
create table entity_care (
    subject text collate "C" primary key,
    paired_at timestamptz,
    helper text collate "C",
    recipient text collate "C",
    care_group text collate "C",
    place text collate "C",
    visits bigint,
    last_visited_at timestamptz,
    ended_at timestamptz
) with (fillfactor = 75);

create table tally_care_day (
    place text collate "C" not null,
    care_group text collate "C" not null,
    day date not null,
    pairs bigint not null,
    in_help bigint not null,
    visited bigint not null,
    visits bigint not null,
    ended bigint not null,
    contributors bigint not null,
    primary key (place, care_group, day)
) with (fillfactor = 70);

create table tally_care_party (
    party text collate "C" not null,
    care_group text collate "C" not null,
    day date not null,
    pairs bigint not null,
    in_help bigint not null,
    visited bigint not null,
    visits bigint not null,
    ended bigint not null,
    contributors bigint not null,
    primary key (party, care_group, day)
) with (fillfactor = 70);

create table tally_care_recipient (
    place text collate "C" not null,
    care_group text collate "C" not null,
    recipient text collate "C" not null,
    pairs bigint not null,
    in_help bigint not null,
    contributors bigint not null,
    primary key (place, care_group, recipient)
) with (fillfactor = 70);

-- case, version 3
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
    external_system text collate "C",
    external_number text collate "C",
    photos bigint,
    fingerprints jsonb,
    discovered_by text collate "C",
    refused_at timestamptz,
    dispatched_at timestamptz,
    dispatches bigint,
    assignee text collate "C",
    grid text collate "C",
    sign_in_due timestamptz,
    handle_due timestamptz,
    dispatch_rule text collate "C",
    dispatch_recorded_at timestamptz,
    accepted_at timestamptz,
    declined bigint,
    declined_by jsonb,
    whistle_requested_at timestamptz,
    whistled_at timestamptz,
    obligations jsonb,
    deliberated_at timestamptz,
    handled_at timestamptz,
    first_handled_at timestamptz,
    first_handle_due timestamptz,
    handled_by text collate "C",
    resolved boolean,
    replied_at timestamptz,
    ratings jsonb,
    looked_up_at timestamptz,
    lookups bigint,
    reopen_requested_at timestamptz,
    reopened_at timestamptz,
    reopen_recorded_at timestamptz,
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
    closed_at timestamptz,
    closed_by text collate "C",
    fired jsonb
) with (fillfactor = 75);
create index on entity_case (subject) where discovered_at is not null and coalesce(refused_at, handled_at, merged_at, withdrawn_at, closed_at) is null;
create index on entity_case (external_system, external_number) where external_number is not null;
create index on entity_case (discovered_at) where channel = 'open311';

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

create table tally_case_kind (
    place text collate "C" not null,
    category text collate "C" not null,
    channel text collate "C" not null,
    demand text collate "C" not null,
    day date not null,
    discovered bigint not null,
    handled bigint not null,
    resolved bigint not null,
    rated bigint not null,
    satisfied bigint not null,
    reopened bigint not null,
    withdrawn bigint not null,
    contributors bigint not null,
    primary key (place, category, channel, demand, day)
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

-- conference, version 1
create table entity_conference (
    subject text collate "C" primary key,
    kind text collate "C",
    place text collate "C",
    attendance jsonb,
    present bigint,
    participants jsonb,
    convened_at timestamptz,
    held_at timestamptz
) with (fillfactor = 75);

create table tally_conference_day (
    place text collate "C" not null,
    kind text collate "C" not null,
    day date not null,
    convened bigint not null,
    held bigint not null,
    attendance bigint not null,
    participants bigint not null,
    contributors bigint not null,
    primary key (place, kind, day)
) with (fillfactor = 70);

create table tally_conference_party (
    place text collate "C" not null,
    party_kind text collate "C" not null,
    day date not null,
    attended bigint not null,
    persons bigint not null,
    contributors bigint not null,
    primary key (place, party_kind, day)
) with (fillfactor = 70);

create table tally_conference_unit (
    unit text collate "C" not null,
    day date not null,
    attended bigint not null,
    persons bigint not null,
    contributors bigint not null,
    primary key (unit, day)
) with (fillfactor = 70);

create table tally_conference_person (
    place text collate "C" not null,
    person text collate "C" not null,
    day date not null,
    attended bigint not null,
    contributors bigint not null,
    primary key (place, person, day)
) with (fillfactor = 70);

-- contract, version 1
create table entity_contract (
    subject text collate "C" primary key,
    community text collate "C",
    unit text collate "C",
    listings jsonb,
    items jsonb,
    signed_at timestamptz,
    recorded_at timestamptz,
    ended_at timestamptz,
    fired jsonb
) with (fillfactor = 75);

create table tally_contract_day (
    community text collate "C" not null,
    unit text collate "C" not null,
    day date not null,
    signed bigint not null,
    ended bigint not null,
    items bigint not null,
    delivered bigint not null,
    accepted bigint not null,
    refused bigint not null,
    overdue bigint not null,
    scored bigint not null,
    score bigint not null,
    contributors bigint not null,
    primary key (community, unit, day)
) with (fillfactor = 70);

-- council, version 1
create table entity_council (
    subject text collate "C" primary key,
    community text collate "C",
    name text collate "C",
    seats jsonb,
    seated bigint,
    formed_at timestamptz
) with (fillfactor = 75);

create table tally_council_seat (
    community text collate "C" not null,
    unit text collate "C" not null,
    person text collate "C" not null,
    role text collate "C" not null,
    seated bigint not null,
    contributors bigint not null,
    primary key (community, unit, person, role)
) with (fillfactor = 70);

create table tally_council_place (
    community text collate "C" not null,
    councils bigint not null,
    seated bigint not null,
    departed bigint not null,
    contributors bigint not null,
    primary key (community)
) with (fillfactor = 70);

-- curtain, version 1
create table entity_curtain (
    subject text collate "C" primary key,
    agreed_at timestamptz,
    household text collate "C",
    household_group text collate "C",
    watcher text collate "C",
    by_time text collate "C",
    grid text collate "C",
    consent boolean,
    due timestamptz,
    waits_since timestamptz,
    recorded_at timestamptz,
    seen bigint,
    last_seen_at timestamptz,
    settled_at timestamptz,
    alarms jsonb,
    paused_at timestamptz,
    resumed_at timestamptz,
    ended_at timestamptz
) with (fillfactor = 75);

create table tally_curtain_group (
    grid text collate "C" not null,
    household_group text collate "C" not null,
    agreed bigint not null,
    active bigint not null,
    paused bigint not null,
    ended bigint not null,
    seen bigint not null,
    missed bigint not null,
    seen_late bigint not null,
    safe bigint not null,
    helped bigint not null,
    unanswered bigint not null,
    contributors bigint not null,
    primary key (grid, household_group)
) with (fillfactor = 70);

create table tally_curtain_day (
    grid text collate "C" not null,
    household_group text collate "C" not null,
    day date not null,
    missed bigint not null,
    seen_late bigint not null,
    safe bigint not null,
    helped bigint not null,
    unanswered bigint not null,
    answer_minutes bigint not null,
    contributors bigint not null,
    primary key (grid, household_group, day)
) with (fillfactor = 70);

create table tally_curtain_person (
    person text collate "C" not null,
    agreed bigint not null,
    active bigint not null,
    seen bigint not null,
    missed bigint not null,
    seen_late bigint not null,
    safe bigint not null,
    helped bigint not null,
    unanswered bigint not null,
    contributors bigint not null,
    primary key (person)
) with (fillfactor = 70);

-- duty, version 2
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
    served_confirmed bigint not null,
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
    served_confirmed bigint not null,
    refused bigint not null,
    confirmed_minutes bigint not null,
    contributors bigint not null,
    primary key (party, unit, day)
) with (fillfactor = 70);

-- hazard, version 1
create table entity_hazard (
    subject text collate "C" primary key,
    source text collate "C",
    event_id text collate "C",
    found_at timestamptz,
    recorded_at timestamptz,
    patrol text collate "C",
    place text collate "C",
    location text collate "C",
    kind text collate "C",
    severity text collate "C",
    responsible text collate "C",
    due timestamptz,
    to_case text collate "C",
    fixed_at timestamptz,
    fixed_by text collate "C",
    verified_at timestamptz,
    verified_by text collate "C",
    fired jsonb
) with (fillfactor = 75);
create index on entity_hazard (subject) where found_at is not null and fixed_at is null and verified_at is null;

create table tally_hazard_day (
    place text collate "C" not null,
    severity text collate "C" not null,
    day date not null,
    found bigint not null,
    on_patrol bigint not null,
    open bigint not null,
    fixed bigint not null,
    verified bigint not null,
    fix_minutes bigint not null,
    contributors bigint not null,
    primary key (place, severity, day)
) with (fillfactor = 70);

create table tally_hazard_unit (
    unit text collate "C" not null,
    severity text collate "C" not null,
    day date not null,
    found bigint not null,
    on_patrol bigint not null,
    open bigint not null,
    fixed bigint not null,
    verified bigint not null,
    fix_minutes bigint not null,
    contributors bigint not null,
    primary key (unit, severity, day)
) with (fillfactor = 70);

-- listing, version 1
create table entity_listing (
    subject text collate "C" primary key,
    title text collate "C",
    kind text collate "C",
    category text collate "C",
    by text collate "C",
    quantity bigint,
    unit_of_quantity text collate "C",
    needs jsonb,
    resources jsonb,
    since timestamptz,
    until timestamptz,
    posted_at timestamptz,
    claims jsonb,
    claimed bigint,
    withdrawn_at timestamptz
) with (fillfactor = 75);

create table tally_listing_place (
    place text collate "C" not null,
    kind text collate "C" not null,
    category text collate "C" not null,
    day date not null,
    posted bigint not null,
    taken_up bigint not null,
    filled bigint not null,
    withdrawn bigint not null,
    claims bigint not null,
    claims_refused bigint not null,
    own_claims bigint not null,
    own_granted bigint not null,
    contributors bigint not null,
    primary key (place, kind, category, day)
) with (fillfactor = 70);

create table tally_listing_unit (
    unit text collate "C" not null,
    kind text collate "C" not null,
    category text collate "C" not null,
    day date not null,
    posted bigint not null,
    taken_up bigint not null,
    filled bigint not null,
    withdrawn bigint not null,
    claims bigint not null,
    claims_refused bigint not null,
    own_claims bigint not null,
    own_granted bigint not null,
    contributors bigint not null,
    primary key (unit, kind, category, day)
) with (fillfactor = 70);

-- mediation, version 1
create table entity_mediation (
    subject text collate "C" primary key,
    source text collate "C",
    event_id text collate "C",
    opened_at timestamptz,
    recorded_at timestamptz,
    channel text collate "C",
    place text collate "C",
    cause text collate "C",
    parties jsonb,
    text text collate "C",
    mediator text collate "C",
    first_responsible text collate "C",
    remote boolean,
    level text collate "C",
    level_since timestamptz,
    level_recorded_at timestamptz,
    escalated_by text collate "C",
    meetings jsonb,
    pauses jsonb,
    extended_at timestamptz,
    extended_recorded_at timestamptz,
    extended_level text collate "C",
    due timestamptz,
    refused_at timestamptz,
    refused_by text collate "C",
    settled_at timestamptz,
    judicial_confirmation boolean,
    failed_at timestamptz,
    failed_to text collate "C",
    followed_up_at timestamptz,
    holds boolean,
    fired jsonb
) with (fillfactor = 75);
create index on entity_mediation (subject) where opened_at is not null and coalesce(settled_at, failed_at) is null and refused_at is null;

create table tally_mediation_day (
    place text collate "C" not null,
    channel text collate "C" not null,
    level text collate "C" not null,
    day date not null,
    opened bigint not null,
    open bigint not null,
    settled bigint not null,
    failed bigint not null,
    refused bigint not null,
    settle_minutes bigint not null,
    remote bigint not null,
    met bigint not null,
    judicially_confirmed bigint not null,
    followed_up bigint not null,
    holding bigint not null,
    contributors bigint not null,
    primary key (place, channel, level, day)
) with (fillfactor = 70);

create table tally_mediation_method (
    place text collate "C" not null,
    method text collate "C" not null,
    day date not null,
    meetings bigint not null,
    contributors bigint not null,
    primary key (place, method, day)
) with (fillfactor = 70);

create table tally_mediation_person (
    person text collate "C" not null,
    day date not null,
    opened bigint not null,
    open bigint not null,
    settled bigint not null,
    failed bigint not null,
    refused bigint not null,
    settle_minutes bigint not null,
    contributors bigint not null,
    primary key (person, day)
) with (fillfactor = 70);

-- notice, version 1
create table entity_notice (
    subject text collate "C" primary key,
    recipient text collate "C",
    about text collate "C",
    channel text collate "C",
    template text collate "C",
    attempts bigint,
    first_at timestamptz,
    sent_at timestamptz,
    failed_at timestamptz
) with (fillfactor = 75);

create table tally_notice_day (
    channel text collate "C" not null,
    day date not null,
    sent bigint not null,
    failed bigint not null,
    attempts bigint not null,
    contributors bigint not null,
    primary key (channel, day)
) with (fillfactor = 70);

create table tally_notice_party (
    party text collate "C" not null,
    day date not null,
    sent bigint not null,
    failed bigint not null,
    attempts bigint not null,
    contributors bigint not null,
    primary key (party, day)
) with (fillfactor = 70);

-- order, version 1
create table entity_order (
    subject text collate "C" primary key,
    title text collate "C",
    community text collate "C",
    estate text collate "C",
    due timestamptz,
    placed_at timestamptz,
    recorded_at timestamptz,
    unit text collate "C",
    taken_at timestamptz,
    too_late jsonb,
    persons jsonb,
    began timestamptz,
    ended timestamptz,
    same_act text collate "C",
    solved boolean,
    done_at timestamptz,
    supervised_ok boolean,
    supervised_at timestamptz,
    satisfaction text collate "C",
    rated_at timestamptz,
    fired jsonb
) with (fillfactor = 75);

create table tally_order_day (
    place text collate "C" not null,
    day date not null,
    placed bigint not null,
    taken bigint not null,
    done bigint not null,
    solved bigint not null,
    confirmed bigint not null,
    rejected bigint not null,
    rated bigint not null,
    satisfied bigint not null,
    overdue bigint not null,
    contributors bigint not null,
    primary key (place, day)
) with (fillfactor = 70);

create table tally_order_unit (
    unit text collate "C" not null,
    day date not null,
    taken bigint not null,
    done bigint not null,
    solved bigint not null,
    confirmed bigint not null,
    rejected bigint not null,
    rated bigint not null,
    satisfied bigint not null,
    overdue bigint not null,
    confirmed_minutes bigint not null,
    contributors bigint not null,
    primary key (unit, day)
) with (fillfactor = 70);

create table tally_order_person (
    person text collate "C" not null,
    day date not null,
    done bigint not null,
    solved bigint not null,
    confirmed bigint not null,
    rejected bigint not null,
    confirmed_minutes bigint not null,
    contributors bigint not null,
    primary key (person, day)
) with (fillfactor = 70);

-- patrol, version 2
create table entity_patrol (
    subject text collate "C" primary key,
    made_at timestamptz,
    team text collate "C",
    place text collate "C",
    members jsonb,
    began timestamptz,
    ended timestamptz,
    metres bigint
) with (fillfactor = 75);

create table tally_patrol_day (
    place text collate "C" not null,
    day date not null,
    patrols bigint not null,
    minutes bigint not null,
    members bigint not null,
    contributors bigint not null,
    primary key (place, day)
) with (fillfactor = 70);

create table tally_patrol_team (
    team text collate "C" not null,
    day date not null,
    patrols bigint not null,
    minutes bigint not null,
    members bigint not null,
    contributors bigint not null,
    primary key (team, day)
) with (fillfactor = 70);

create table tally_patrol_person (
    person text collate "C" not null,
    day date not null,
    patrols bigint not null,
    minutes bigint not null,
    contributors bigint not null,
    primary key (person, day)
) with (fillfactor = 70);

-- period, version 1
create table entity_period (
    subject text collate "C" primary key,
    scope text collate "C",
    rules jsonb,
    cut jsonb,
    sha256 text collate "C",
    closed_at timestamptz,
    closed_by text collate "C",
    closings bigint
) with (fillfactor = 75);

create table tally_period_day (
    place text collate "C" not null,
    day date not null,
    closed bigint not null,
    restated bigint not null,
    contributors bigint not null,
    primary key (place, day)
) with (fillfactor = 70);

-- person, version 4
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
    alliance jsonb,
    alliance_at timestamptz,
    registered_at timestamptz,
    left_at timestamptz,
    forgotten_at timestamptz,
    forgotten_owner text collate "C"
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

create table tally_alliance_member (
    community text collate "C" not null,
    unit text collate "C" not null,
    category text collate "C" not null,
    persons bigint not null,
    contributors bigint not null,
    primary key (community, unit, category)
) with (fillfactor = 70);

-- place, version 2
create table entity_place (
    subject text collate "C" primary key,
    place text collate "C",
    name text collate "C",
    level text collate "C",
    parent text collate "C",
    parents jsonb,
    responsible_unit text collate "C",
    brand text collate "C",
    networks jsonb,
    longitude double precision,
    latitude double precision,
    outline jsonb,
    staff jsonb,
    services jsonb,
    links jsonb,
    facilities jsonb,
    regulations jsonb,
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

create table tally_facility_day (
    place text collate "C" not null,
    kind text collate "C" not null,
    day date not null,
    opened bigint not null,
    open bigint not null,
    upgraded bigint not null,
    closed bigint not null,
    contributors bigint not null,
    primary key (place, kind, day)
) with (fillfactor = 70);

create table tally_place_service (
    place text collate "C" not null,
    party_kind text collate "C" not null,
    serving bigint not null,
    contributors bigint not null,
    primary key (place, party_kind)
) with (fillfactor = 70);

create table tally_place_link (
    place text collate "C" not null,
    level text collate "C" not null,
    person text collate "C" not null,
    body text collate "C" not null,
    linked bigint not null,
    contributors bigint not null,
    primary key (place, level, person, body)
) with (fillfactor = 70);

create table tally_place_regulation (
    place text collate "C" not null,
    kind text collate "C" not null,
    issued bigint not null,
    revised bigint not null,
    in_force bigint not null,
    contributors bigint not null,
    primary key (place, kind)
) with (fillfactor = 70);

-- pledge, version 1
create table entity_pledge (
    subject text collate "C" primary key,
    source text collate "C",
    event_id text collate "C",
    made_at timestamptz,
    recorded_at timestamptz,
    person text collate "C",
    text text collate "C",
    due timestamptz,
    branch text collate "C",
    place text collate "C",
    kept_at timestamptz,
    reviews jsonb,
    fired jsonb
) with (fillfactor = 75);

create table tally_pledge_day (
    place text collate "C" not null,
    branch text collate "C" not null,
    day date not null,
    made bigint not null,
    kept bigint not null,
    kept_in_time bigint not null,
    reviewed bigint not null,
    branch_reviews bigint not null,
    branch_score bigint not null,
    branch_score_at_most bigint not null,
    resident_reviews bigint not null,
    resident_score bigint not null,
    resident_score_at_most bigint not null,
    contributors bigint not null,
    primary key (place, branch, day)
) with (fillfactor = 70);

create table tally_pledge_person (
    person text collate "C" not null,
    day date not null,
    made bigint not null,
    kept bigint not null,
    kept_in_time bigint not null,
    reviewed bigint not null,
    branch_reviews bigint not null,
    branch_score bigint not null,
    branch_score_at_most bigint not null,
    resident_reviews bigint not null,
    resident_score bigint not null,
    resident_score_at_most bigint not null,
    contributors bigint not null,
    primary key (person, day)
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

-- rule, version 1
create table entity_rule (
    subject text collate "C" primary key,
    adoptions jsonb
) with (fillfactor = 75);

create table tally_rule_day (
    rule text collate "C" not null,
    day date not null,
    adopted bigint not null,
    contributors bigint not null,
    primary key (rule, day)
) with (fillfactor = 70);

-- service, version 1
create table entity_service (
    subject text collate "C" primary key,
    own_id text collate "C",
    item text collate "C",
    name text collate "C",
    department text collate "C",
    kind text collate "C",
    promised_working_days bigint,
    offered_at timestamptz,
    queries jsonb,
    queried bigint
) with (fillfactor = 75);

create table tally_service_offer (
    department text collate "C" not null,
    kind text collate "C" not null,
    offered bigint not null,
    promised_working_days bigint not null,
    contributors bigint not null,
    primary key (department, kind)
) with (fillfactor = 70);

create table tally_service_day (
    place text collate "C" not null,
    item text collate "C" not null,
    channel text collate "C" not null,
    day date not null,
    queried bigint not null,
    contributors bigint not null,
    primary key (place, item, channel, day)
) with (fillfactor = 70);

-- survey, version 1
create table entity_survey (
    subject text collate "C" primary key,
    estate text collate "C",
    organiser text collate "C",
    until timestamptz,
    issued bigint,
    items jsonb,
    numbers jsonb,
    cards bigint,
    opinions bigint,
    means jsonb,
    remedies jsonb,
    opened_at timestamptz,
    recorded_at timestamptz,
    closed_at timestamptz
) with (fillfactor = 75);

create table tally_survey_day (
    estate text collate "C" not null,
    day date not null,
    opened bigint not null,
    closed bigint not null,
    issued bigint not null,
    cards bigint not null,
    opinions bigint not null,
    remedies bigint not null,
    adopted bigint not null,
    contributors bigint not null,
    primary key (estate, day)
) with (fillfactor = 70);

create table tally_survey_item (
    estate text collate "C" not null,
    item text collate "C" not null,
    day date not null,
    scores bigint not null,
    score_total bigint not null,
    contributors bigint not null,
    primary key (estate, item, day)
) with (fillfactor = 70);

create table tally_survey_party (
    party text collate "C" not null,
    item text collate "C" not null,
    day date not null,
    scores bigint not null,
    score_total bigint not null,
    contributors bigint not null,
    primary key (party, item, day)
) with (fillfactor = 70);

-- task, version 1
create table entity_task (
    subject text collate "C" primary key,
    tier text collate "C",
    kind text collate "C",
    title text collate "C",
    holder text collate "C",
    watcher text collate "C",
    place text collate "C",
    due timestamptz,
    assigned_at timestamptz,
    recorded_at timestamptz,
    percent bigint,
    progressed_at timestamptz,
    done_at timestamptz,
    verified_at timestamptz,
    rejected_at timestamptz,
    rejections bigint,
    fired jsonb
) with (fillfactor = 75);

create table tally_task_day (
    tier text collate "C" not null,
    kind text collate "C" not null,
    day date not null,
    assigned bigint not null,
    progressed bigint not null,
    done bigint not null,
    verified bigint not null,
    rejected bigint not null,
    overdue bigint not null,
    contributors bigint not null,
    primary key (tier, kind, day)
) with (fillfactor = 70);

create table tally_task_place (
    place text collate "C" not null,
    tier text collate "C" not null,
    kind text collate "C" not null,
    day date not null,
    assigned bigint not null,
    progressed bigint not null,
    done bigint not null,
    verified bigint not null,
    rejected bigint not null,
    overdue bigint not null,
    contributors bigint not null,
    primary key (place, tier, kind, day)
) with (fillfactor = 70);

create table tally_task_unit (
    unit text collate "C" not null,
    tier text collate "C" not null,
    kind text collate "C" not null,
    day date not null,
    assigned bigint not null,
    progressed bigint not null,
    done bigint not null,
    verified bigint not null,
    rejected bigint not null,
    overdue bigint not null,
    contributors bigint not null,
    primary key (unit, tier, kind, day)
) with (fillfactor = 70);

create table tally_task_person (
    person text collate "C" not null,
    tier text collate "C" not null,
    kind text collate "C" not null,
    day date not null,
    assigned bigint not null,
    progressed bigint not null,
    done bigint not null,
    verified bigint not null,
    rejected bigint not null,
    overdue bigint not null,
    contributors bigint not null,
    primary key (person, tier, kind, day)
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

-- topic, version 1
create table entity_topic (
    subject text collate "C" primary key,
    estate text collate "C",
    category text collate "C",
    by text collate "C",
    title text collate "C",
    of_case text collate "C",
    survey text collate "C",
    item text collate "C",
    conference text collate "C",
    conferences bigint,
    outcome text collate "C",
    responsible text collate "C",
    due timestamptz,
    confirmed_by text collate "C",
    collected_at timestamptz,
    tabled_at timestamptz,
    decided_at timestamptz,
    decided_stamp timestamptz,
    carried_out_at timestamptz,
    solved_at timestamptz,
    fired jsonb
) with (fillfactor = 75);

create table tally_topic_day (
    estate text collate "C" not null,
    category text collate "C" not null,
    day date not null,
    collected bigint not null,
    tabled bigint not null,
    decided bigint not null,
    agreed bigint not null,
    deferred bigint not null,
    referred bigint not null,
    rejected bigint not null,
    carried_out bigint not null,
    solved bigint not null,
    overdue bigint not null,
    contributors bigint not null,
    primary key (estate, category, day)
) with (fillfactor = 70);

create table tally_topic_party (
    party text collate "C" not null,
    day date not null,
    responsible bigint not null,
    carried_out bigint not null,
    solved bigint not null,
    overdue bigint not null,
    contributors bigint not null,
    primary key (party, day)
) with (fillfactor = 70);

-- unit, version 2
create table entity_unit (
    subject text collate "C" primary key,
    name text collate "C",
    kind text collate "C",
    pairings jsonb,
    registered_at timestamptz,
    contacted_at timestamptz,
    contacts jsonb,
    replacements jsonb,
    alliance_at timestamptz
) with (fillfactor = 75);

create table tally_unit_kind (
    kind text collate "C" not null,
    registered bigint not null,
    paired bigint not null,
    in_alliance bigint not null,
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

create table tally_unit_replaced (
    estate text collate "C" not null,
    service text collate "C" not null,
    day date not null,
    replaced bigint not null,
    contributors bigint not null,
    primary key (estate, service, day)
) with (fillfactor = 70);

-- visit, version 1
create table entity_visit (
    subject text collate "C" primary key,
    source text collate "C",
    event_id text collate "C",
    paid_at timestamptz,
    person text collate "C",
    kind text collate "C",
    place text collate "C",
    household text collate "C",
    helped boolean,
    findings text collate "C",
    to_case text collate "C",
    to_task text collate "C",
    same_act text collate "C",
    began timestamptz,
    ended timestamptz
) with (fillfactor = 75);

create table tally_visit_day (
    place text collate "C" not null,
    kind text collate "C" not null,
    day date not null,
    visits bigint not null,
    helped bigint not null,
    with_case bigint not null,
    with_task bigint not null,
    minutes bigint not null,
    contributors bigint not null,
    primary key (place, kind, day)
) with (fillfactor = 70);

create table tally_visit_person (
    person text collate "C" not null,
    kind text collate "C" not null,
    day date not null,
    visits bigint not null,
    helped bigint not null,
    with_case bigint not null,
    with_task bigint not null,
    minutes bigint not null,
    contributors bigint not null,
    primary key (person, kind, day)
) with (fillfactor = 70);

-- wish, version 1
create table entity_wish (
    subject text collate "C" primary key,
    source text collate "C",
    event_id text collate "C",
    made_at timestamptz,
    place text collate "C",
    text text collate "C",
    wisher text collate "C",
    published_at timestamptz,
    title text collate "C",
    waits_since timestamptz,
    recorded_at timestamptz,
    claimed_at timestamptz,
    claimed_by text collate "C",
    also_claimed_by jsonb,
    released bigint,
    granted_at timestamptz,
    persons jsonb,
    home_visit boolean,
    same_act text collate "C",
    began timestamptz,
    ended timestamptz,
    confirmed_at timestamptz,
    score bigint,
    withdrawn_at timestamptz,
    fired jsonb
) with (fillfactor = 75);

create table tally_wish_day (
    place text collate "C" not null,
    day date not null,
    made bigint not null,
    published bigint not null,
    claimed bigint not null,
    contested bigint not null,
    released bigint not null,
    granted bigint not null,
    home_visits bigint not null,
    confirmed bigint not null,
    score bigint not null,
    score_at_most bigint not null,
    withdrawn bigint not null,
    open bigint not null,
    unclaimed bigint not null,
    contributors bigint not null,
    primary key (place, day)
) with (fillfactor = 70);

create table tally_wish_unit (
    unit text collate "C" not null,
    day date not null,
    claimed bigint not null,
    granted bigint not null,
    home_visits bigint not null,
    confirmed bigint not null,
    contributors bigint not null,
    primary key (unit, day)
) with (fillfactor = 70);

create table tally_wish_person (
    person text collate "C" not null,
    day date not null,
    granted bigint not null,
    home_visits bigint not null,
    confirmed bigint not null,
    minutes bigint not null,
    contributors bigint not null,
    primary key (person, day)
) with (fillfactor = 70);
