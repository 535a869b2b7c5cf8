-- Traces of which spans were removed: what comes of them later is not the whole, and is not taken for it.
create table partial_trace (
    project_id uuid not null,
    trace_id bytea not null,
    at timestamptz not null,
    constraint partial_trace_pkey primary key (project_id, trace_id),
    constraint partial_trace_project_fkey foreign key (project_id) references project (id),
    constraint partial_trace_trace_length check (octet_length(trace_id) = 16)
);
-- What is old is removed.
create index partial_trace_at_idx on partial_trace (project_id, at);
comment on table partial_trace is 'A trace of which staged spans were removed; kept a while, in case that more of it comes.';
comment on column partial_trace.project_id is 'The tenant.';
comment on column partial_trace.trace_id is 'The trace id of its spans, 16 bytes.';
comment on column partial_trace.at is 'When spans of it were last removed.';

alter table partial_trace enable row level security;
create policy partial_trace_of_project on partial_trace using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert, delete on partial_trace to atr_app;
-- An update locks what is locked for its removal.
grant update (at) on partial_trace to atr_app;
