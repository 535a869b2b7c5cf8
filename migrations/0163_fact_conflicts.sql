-- Facts that cannot both be true.
create table fact_conflict (
    project_id uuid not null,
    id uuid not null,
    earlier_id uuid not null,
    later_id uuid not null,
    earlier_span_start integer not null,
    earlier_span_end integer not null,
    later_span_start integer not null,
    later_span_end integer not null,
    found_at timestamptz not null,
    settled_at timestamptz,
    constraint fact_conflict_pkey primary key (project_id, id),
    constraint fact_conflict_pair_key unique (project_id, earlier_id, later_id),
    constraint fact_conflict_earlier_fkey foreign key (project_id, earlier_id) references grounding_fact (project_id, id),
    constraint fact_conflict_later_fkey foreign key (project_id, later_id) references grounding_fact (project_id, id),
    constraint fact_conflict_order check (earlier_id < later_id),
    constraint fact_conflict_spans check (
        0 <= earlier_span_start and earlier_span_start <= earlier_span_end and 0 <= later_span_start and later_span_start <= later_span_end
    )
);
create index fact_conflict_later_idx on fact_conflict (project_id, later_id);
create index fact_conflict_open_idx on fact_conflict (project_id, id) where settled_at is null;
comment on table fact_conflict is 'Two verified facts that cannot both be true, by the verifier''s rules.';
comment on column fact_conflict.project_id is 'The tenant.';
comment on column fact_conflict.id is 'UUIDv7; its text form begins with fcf_.';
comment on column fact_conflict.earlier_id is 'That of the two that was entered first.';
comment on column fact_conflict.later_id is 'The other.';
comment on column fact_conflict.earlier_span_start is 'Where in the earlier statement the part begins in which they differ, in bytes of UTF-8.';
comment on column fact_conflict.earlier_span_end is 'Where it ends.';
comment on column fact_conflict.later_span_start is 'Where in the later statement the part begins in which they differ, in bytes of UTF-8.';
comment on column fact_conflict.later_span_end is 'Where it ends.';
comment on column fact_conflict.found_at is 'When this was found, the last time.';
comment on column fact_conflict.settled_at is 'Since when one of them is verified no more; null is both are.';

alter table fact_conflict enable row level security;
create policy fact_conflict_of_project on fact_conflict
    using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert on fact_conflict to atr_app;
grant update (earlier_span_start, earlier_span_end, later_span_start, later_span_end, found_at, settled_at) on fact_conflict to atr_app;

-- Facts that hold until some day: those of them that hold no more are told apart from the rest.
create index grounding_fact_lapsing_idx on grounding_fact (project_id, id) where valid_to is not null;
