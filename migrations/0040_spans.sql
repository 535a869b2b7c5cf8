-- OpenTelemetry: spans wait here until their trace is quiet, and are then put together to one error trace.
create table staged_span (
    project_id uuid not null,
    trace_id bytea not null,
    span_id bytea not null,
    content bytea not null,
    batch_id uuid not null,
    received_at timestamptz not null,
    constraint staged_span_pkey primary key (project_id, trace_id, span_id),
    constraint staged_span_project_fkey foreign key (project_id) references project (id),
    constraint staged_span_trace_length check (octet_length(trace_id) = 16),
    constraint staged_span_span_length check (octet_length(span_id) = 8)
);
-- What is old is removed.
create index staged_span_received_idx on staged_span (project_id, received_at);
comment on table staged_span is 'A span as it came, kept until its trace is long assembled.';
comment on column staged_span.project_id is 'The tenant.';
comment on column staged_span.trace_id is 'The trace id that its sender gave it, 16 bytes.';
comment on column staged_span.span_id is 'Its id within that trace, 8 bytes; a span that is sent again is a duplicate.';
comment on column staged_span.content is 'A ResourceSpans message of OTLP with this one span, its resource and its scope.';
comment on column staged_span.batch_id is 'The batch that brought it.';
comment on column staged_span.received_at is 'When it came.';

create table trace_revision (
    project_id uuid not null,
    error_trace_id uuid not null,
    trace_id bytea not null,
    revision integer not null,
    supersedes uuid,
    spans integer not null,
    at timestamptz not null,
    constraint trace_revision_pkey primary key (project_id, error_trace_id),
    constraint trace_revision_trace_fkey foreign key (project_id, error_trace_id) references error_trace (project_id, id),
    constraint trace_revision_order check (revision >= 1 and (revision = 1) = (supersedes is null)),
    constraint trace_revision_trace_length check (octet_length(trace_id) = 16)
);
create index trace_revision_trace_idx on trace_revision (project_id, trace_id, revision);
create index trace_revision_superseded_idx on trace_revision (project_id, supersedes) where supersedes is not null;
comment on table trace_revision is 'An error trace that was assembled from spans. One that late spans changed stays, and a later revision supersedes it.';
comment on column trace_revision.project_id is 'The tenant.';
comment on column trace_revision.error_trace_id is 'The error trace.';
comment on column trace_revision.trace_id is 'The trace id of its spans.';
comment on column trace_revision.revision is 'From 1.';
comment on column trace_revision.supersedes is 'The error trace of the revision before: it is routed to nobody any more.';
comment on column trace_revision.spans is 'From how many spans it was assembled.';
comment on column trace_revision.at is 'When it was assembled.';

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['staged_span', 'trace_revision'] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format(
            'create policy %I on %I using (project_id = atr_project()) with check (project_id = atr_project())',
            tenant_table || '_of_project', tenant_table
        );
        execute format('grant select, insert on %I to atr_app', tenant_table);
    end loop;
end
$$;
-- An update locks what is locked for its removal.
grant delete, update (received_at) on staged_span to atr_app;

-- Which of the traces that spans make are kept.
alter table project
    add column quiet_seconds integer not null default 10,
    add column keep_below double precision not null default 0.7,
    add column keep_flagged boolean not null default true,
    add column keep_share double precision not null default 0.1,
    add constraint project_quiet_range check (quiet_seconds between 0 and 3600),
    add constraint project_keep_below_range check (keep_below between 0 and 1),
    add constraint project_keep_share_range check (keep_share between 0 and 1);
comment on column project.quiet_seconds is 'For so long no span of a trace may come before the trace is put together.';
comment on column project.keep_below is 'A trace whose confidence is below this is kept.';
comment on column project.keep_flagged is 'Whether a trace is kept that something says is wrong.';
comment on column project.keep_share is 'The share of all other traces that is kept.';
grant update (quiet_seconds, keep_below, keep_flagged, keep_share) on project to atr_app;

alter table quarantined_item
    drop constraint quarantined_item_door_known,
    add constraint quarantined_item_door_known check (door in ('traces', 'reviews', 'grounding', 'spans', 'assembled'));
alter table ingest_batch
    drop constraint ingest_batch_door_known,
    add constraint ingest_batch_door_known check (door in ('traces', 'reviews', 'grounding', 'spans', 'assembled'));
