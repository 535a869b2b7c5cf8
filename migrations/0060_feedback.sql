-- Users' feedback on answers. It may come before the trace it is about: it names its subject, and is never changed.
create table feedback (
    project_id uuid not null,
    id uuid not null,
    external_id text,
    subject text not null,
    span_id bytea,
    rating double precision,
    correction text,
    comment text,
    opinion double precision,
    content_hash bytea not null,
    batch_id uuid not null,
    received_at timestamptz not null,
    constraint feedback_pkey primary key (project_id, id),
    constraint feedback_project_fkey foreign key (project_id) references project (id),
    constraint feedback_says_something check (rating is not null or correction is not null or comment is not null),
    constraint feedback_rating_range check (rating between -1 and 1),
    constraint feedback_opinion_range check (opinion between -1 and 1),
    constraint feedback_span_length check (octet_length(span_id) = 8)
);
create index feedback_subject_idx on feedback (project_id, subject, id);
create index feedback_bad_idx on feedback (project_id, id) where opinion < 0;
create index feedback_not_bad_idx on feedback (project_id, id) where opinion >= 0;
create index feedback_external_idx on feedback (project_id, external_id, id) where external_id is not null;
comment on table feedback is 'What a user of the model said of an answer. No verdict: experts alone give those.';
comment on column feedback.project_id is 'The tenant.';
comment on column feedback.id is 'UUIDv7; its text form begins with fbk_.';
comment on column feedback.external_id is 'The sender''s id.';
comment on column feedback.subject is 'The trace it is about, as subject_of_trace() says it; the trace may come later.';
comment on column feedback.span_id is 'The span within the trace that it is about, 8 bytes.';
comment on column feedback.rating is 'From -1 (bad) to 1 (good).';
comment on column feedback.correction is 'What the answer should have been, by the user.';
comment on column feedback.comment is 'The user''s words.';
comment on column feedback.opinion is 'What it says of the answer, -1 to 1: its rating; -1 for a correction without a rating; null for a comment alone.';
comment on column feedback.content_hash is 'BLAKE3 of its content with its subject.';
comment on column feedback.batch_id is 'The batch that brought it.';
comment on column feedback.received_at is 'When it came.';

create table feedback_key (
    project_id uuid not null,
    key bytea not null,
    feedback_id uuid not null,
    content_hash bytea not null,
    constraint feedback_key_pkey primary key (project_id, key),
    constraint feedback_key_length check (octet_length(key) = 32)
);
comment on table feedback_key is 'What makes feedback idempotent.';
comment on column feedback_key.project_id is 'The tenant.';
comment on column feedback_key.key is 'BLAKE3 of the sender''s id, else of the content.';
comment on column feedback_key.feedback_id is 'The feedback that stands under it.';
comment on column feedback_key.content_hash is 'BLAKE3 of its content with its subject.';

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['feedback', 'feedback_key'] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format(
            'create policy %I on %I using (project_id = atr_project()) with check (project_id = atr_project())',
            tenant_table || '_of_project', tenant_table
        );
        execute format('grant select, insert on %I to atr_app', tenant_table);
    end loop;
end
$$;

-- How feedback names a trace: by its sender's id, which for spans is their trace id in hex, also of a later revision;
-- else by its own. The first letter tells the two apart.
create function subject_of_trace(project uuid, trace uuid) returns text
    language sql stable
    set search_path = public, pg_temp
as $$
    select coalesce('n' || encode(v.trace_id, 'hex'), 'n' || t.external_id, 'i' || t.id)
    from error_trace t
    left join trace_revision v on v.project_id = t.project_id and v.error_trace_id = t.id
    where t.project_id = project and t.id = trace
$$;

alter table score
    add column feedback_term double precision,
    add column feedback_count integer not null default 0,
    add constraint score_feedback_range check (feedback_term between -1 and 1);
comment on column score.feedback_term is 'What users said, -1 to 1, drawn towards 0 while they are few; null if nobody said anything.';
comment on column score.feedback_count is 'From how many opinions of users.';

alter table quarantined_item
    drop constraint quarantined_item_door_known,
    add constraint quarantined_item_door_known
        check (door in ('traces', 'reviews', 'grounding', 'spans', 'assembled', 'feedback'));
alter table ingest_batch
    drop constraint ingest_batch_door_known,
    add constraint ingest_batch_door_known
        check (door in ('traces', 'reviews', 'grounding', 'spans', 'assembled', 'feedback'));
