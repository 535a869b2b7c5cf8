-- Events that log records bring: evaluations, and messages of models. They join the spans of their trace.
alter table staged_span add column response_id text;
create index staged_span_response_idx on staged_span (project_id, response_id) where response_id is not null;
comment on column staged_span.response_id is 'The id that the model''s provider gave its response: evaluations may name it instead of the span.';

create table staged_event (
    project_id uuid not null,
    digest bytea not null,
    trace_id bytea,
    response_id text,
    content bytea not null,
    batch_id uuid not null,
    received_at timestamptz not null,
    constraint staged_event_pkey primary key (project_id, digest),
    constraint staged_event_project_fkey foreign key (project_id) references project (id),
    constraint staged_event_place check (trace_id is not null or response_id is not null),
    constraint staged_event_digest_length check (octet_length(digest) = 32),
    constraint staged_event_trace_length check (octet_length(trace_id) = 16)
);
create index staged_event_trace_idx on staged_event (project_id, trace_id) where trace_id is not null;
create index staged_event_response_idx on staged_event (project_id, response_id) where response_id is not null;
-- What is old is removed.
create index staged_event_received_idx on staged_event (project_id, received_at);
comment on table staged_event is 'A log record that tells of a trace, as it came, kept until the trace is long assembled.';
comment on column staged_event.project_id is 'The tenant.';
comment on column staged_event.digest is 'BLAKE3 of its content: the same record sent again is a duplicate.';
comment on column staged_event.trace_id is 'The trace it tells of, 16 bytes.';
comment on column staged_event.response_id is 'The response it tells of, where it names no trace.';
comment on column staged_event.content is 'A ResourceLogs message of OTLP with this one record, its resource and its scope.';
comment on column staged_event.batch_id is 'The batch that brought it.';
comment on column staged_event.received_at is 'When it came.';

alter table staged_event enable row level security;
create policy staged_event_of_project on staged_event using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert, delete on staged_event to atr_app;
-- An update locks what is locked for its removal.
grant update (received_at) on staged_event to atr_app;
