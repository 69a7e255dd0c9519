-- Requests that nothing could be decided for yet are asked again, those first whose turn was longest ago.
create index on shanzhi.request (decided_at) where starts_with(outcome, 'undecided: ');
