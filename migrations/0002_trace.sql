-- Error traces and their reasoning. Every growing table is keyed by a UUIDv7, which begins with its time, and no
-- unique key lacks it: PARTITION BY RANGE (id) can be adopted by any of them without a new key. What must be unique
-- for ever (external ids) stands in small key tables of its own.
create table model_version (
    project_id uuid not null,
    id uuid not null,
    kind text not null,
    name text not null,
    base_model_id uuid,
    training_job_id uuid,
    artefact_digest bytea,
    artefact_bytes bigint,
    metadata jsonb not null,
    created_at timestamptz not null,
    constraint model_version_pkey primary key (project_id, id),
    constraint model_version_name_key unique (project_id, kind, name),
    constraint model_version_project_fkey foreign key (project_id) references project (id),
    constraint model_version_base_fkey foreign key (project_id, base_model_id) references model_version (project_id, id),
    constraint model_version_kind_known check (kind in ('language_model', 'reward_model'))
);
comment on table model_version is 'A model that answered (language model) or that judges answers (reward model).';
comment on column model_version.project_id is 'The tenant.';
comment on column model_version.id is 'UUIDv7; its text form begins with mdl_.';
comment on column model_version.kind is 'language_model or reward_model.';
comment on column model_version.name is 'The name that traces and people use.';
comment on column model_version.base_model_id is 'The model it was trained from.';
comment on column model_version.training_job_id is 'The job that made it here; null where it came from outside.';
comment on column model_version.artefact_digest is 'BLAKE3 of the weights file in the blob store.';
comment on column model_version.artefact_bytes is 'Length of the weights file in bytes.';
comment on column model_version.metadata is 'What the trainer said of it: its own measures, its settings.';
comment on column model_version.created_at is 'When it was first named.';

create table chain_group (
    project_id uuid not null,
    id uuid not null,
    group_key text not null,
    query text not null,
    created_at timestamptz not null,
    constraint chain_group_pkey primary key (project_id, id),
    constraint chain_group_key_key unique (project_id, group_key),
    constraint chain_group_project_fkey foreign key (project_id) references project (id)
);
comment on table chain_group is 'Several chains of reasoning for one query, to be compared and merged.';
comment on column chain_group.project_id is 'The tenant.';
comment on column chain_group.id is 'UUIDv7; its text form begins with grp_.';
comment on column chain_group.group_key is 'The name the sender gave the group.';
comment on column chain_group.query is 'The query its chains answer.';
comment on column chain_group.created_at is 'When its first chain came in.';

create table error_trace (
    project_id uuid not null,
    id uuid not null,
    external_id text,
    model_version_id uuid not null,
    chain_group_id uuid,
    split text not null,
    pillar text not null,
    domain text not null,
    language text not null,
    query text not null,
    answer text not null,
    confidence double precision,
    signals jsonb not null,
    flaw_labels text[] not null,
    attachments jsonb not null,
    source text not null,
    licence text not null,
    circular_support boolean not null,
    content_hash bytea not null,
    batch_id uuid not null,
    occurred_at timestamptz,
    received_at timestamptz not null,
    constraint error_trace_pkey primary key (project_id, id),
    constraint error_trace_model_fkey foreign key (project_id, model_version_id) references model_version (project_id, id),
    constraint error_trace_group_fkey foreign key (project_id, chain_group_id) references chain_group (project_id, id),
    constraint error_trace_split_known check (split in ('train', 'held_out')),
    constraint error_trace_pillar_known check (pillar in ('text', 'domain', 'logic_math', 'visual_text', 'human_feedback')),
    constraint error_trace_confidence_range check (confidence between 0 and 1)
);
-- The lists of traces by what they can be filtered by, newest first.
create index error_trace_domain_idx on error_trace (project_id, domain, id);
create index error_trace_model_idx on error_trace (project_id, model_version_id, id);
create index error_trace_group_idx on error_trace (project_id, chain_group_id, id);
create index error_trace_split_idx on error_trace (project_id, split, id);
create index error_trace_pillar_idx on error_trace (project_id, pillar, id);
create index error_trace_language_idx on error_trace (project_id, language, id);
comment on table error_trace is 'An uncertain or wrong answer of a model. Never changed: what is learnt of it stands in later records.';
comment on column error_trace.project_id is 'The tenant.';
comment on column error_trace.id is 'UUIDv7 by time of receipt; its text form begins with trc_.';
comment on column error_trace.external_id is 'The sender''s id; sending it again with the same content changes nothing.';
comment on column error_trace.model_version_id is 'The model that answered.';
comment on column error_trace.chain_group_id is 'The group of chains it belongs to, if the query was answered several times.';
comment on column error_trace.split is 'train, or held_out: kept for evaluation, in no snapshot, ever.';
comment on column error_trace.pillar is 'text, domain, logic_math, visual_text or human_feedback.';
comment on column error_trace.domain is 'The field of knowledge, in the sender''s words.';
comment on column error_trace.language is 'BCP 47 tag of the answer.';
comment on column error_trace.query is 'What was asked.';
comment on column error_trace.answer is 'What the model answered.';
comment on column error_trace.confidence is 'The model''s own confidence, 0 to 1.';
comment on column error_trace.signals is 'Uncertainty signals by name: mean_logprob, min_logprob, entropy and the like.';
comment on column error_trace.flaw_labels is 'Flaws the sender already suspects.';
comment on column error_trace.attachments is 'What came with it, by content hash: digest, media type, bytes, name.';
comment on column error_trace.source is 'The system that sent it.';
comment on column error_trace.licence is 'SPDX id, or unknown: under what terms it may be trained on.';
comment on column error_trace.circular_support is 'Whether its steps rest on each other in a circle.';
comment on column error_trace.content_hash is 'BLAKE3 of the canonical content: the same external id with another hash is a conflict.';
comment on column error_trace.batch_id is 'The batch that brought it.';
comment on column error_trace.occurred_at is 'When the model answered, by the sender''s clock.';
comment on column error_trace.received_at is 'When it was stored here.';

create table trace_key (
    project_id uuid not null,
    external_id text not null,
    trace_id uuid not null,
    content_hash bytea not null,
    constraint trace_key_pkey primary key (project_id, external_id),
    constraint trace_key_project_fkey foreign key (project_id) references project (id)
);
comment on table trace_key is 'Makes a trace idempotent by its sender''s id.';
comment on column trace_key.project_id is 'The tenant.';
comment on column trace_key.external_id is 'The sender''s id.';
comment on column trace_key.trace_id is 'The trace stored under it.';
comment on column trace_key.content_hash is 'BLAKE3 of that trace''s canonical content.';

create table reasoning_step (
    project_id uuid not null,
    trace_id uuid not null,
    ordinal integer not null,
    id uuid not null,
    step_key text not null,
    kind text not null,
    text text not null,
    rests_on integer[] not null,
    span_id text,
    called_by_span_id text,
    mean_logprob double precision,
    constraint reasoning_step_pkey primary key (project_id, trace_id, ordinal),
    constraint reasoning_step_id_key unique (project_id, id),
    constraint reasoning_step_trace_fkey foreign key (project_id, trace_id) references error_trace (project_id, id),
    constraint reasoning_step_kind_known check (kind in ('reasoning', 'retrieval', 'tool', 'conclusion'))
);
comment on table reasoning_step is 'One step of a trace''s reasoning. The steps of a trace are a graph: each names those it rests on.';
comment on column reasoning_step.project_id is 'The tenant.';
comment on column reasoning_step.trace_id is 'The trace.';
comment on column reasoning_step.ordinal is 'Its place in the reasoning, from 0.';
comment on column reasoning_step.id is 'UUIDv7; its text form begins with stp_.';
comment on column reasoning_step.step_key is 'The name the sender gave it, unique in its trace.';
comment on column reasoning_step.kind is 'reasoning, retrieval, tool or conclusion.';
comment on column reasoning_step.text is 'What it says.';
comment on column reasoning_step.rests_on is 'Ordinals of the steps it rests on.';
comment on column reasoning_step.span_id is 'The span that produced it, 16 hex digits.';
comment on column reasoning_step.called_by_span_id is 'The span that called that span: who called is not what it rests on.';
comment on column reasoning_step.mean_logprob is 'Mean natural-log probability of its tokens.';

create table quarantined_item (
    project_id uuid not null,
    id uuid not null,
    door text not null,
    external_id text,
    reason text not null,
    field text not null,
    content jsonb not null,
    batch_id uuid not null,
    received_at timestamptz not null,
    constraint quarantined_item_pkey primary key (project_id, id),
    constraint quarantined_item_project_fkey foreign key (project_id) references project (id),
    constraint quarantined_item_door_known check (door in ('traces', 'reviews', 'grounding'))
);
-- The lists by door and by the sender's id.
create index quarantined_item_door_idx on quarantined_item (project_id, door, id);
create index quarantined_item_external_idx on quarantined_item (project_id, external_id, id) where external_id is not null;
comment on table quarantined_item is 'Well-formed input that contradicts what is stored: kept whole for a person to look at.';
comment on column quarantined_item.project_id is 'The tenant.';
comment on column quarantined_item.id is 'UUIDv7; its text form begins with qua_.';
comment on column quarantined_item.door is 'Which door it came through.';
comment on column quarantined_item.external_id is 'The sender''s id.';
comment on column quarantined_item.reason is 'Why it was set aside.';
comment on column quarantined_item.field is 'The field that is at odds.';
comment on column quarantined_item.content is 'The input as it came.';
comment on column quarantined_item.batch_id is 'The batch that brought it.';
comment on column quarantined_item.received_at is 'When it came.';

create table ingest_batch (
    project_id uuid not null,
    id uuid not null,
    door text not null,
    received integer not null,
    stored integer not null,
    duplicate integer not null,
    quarantined integer not null,
    filtered integer not null,
    rejected integer not null,
    at timestamptz not null,
    constraint ingest_batch_pkey primary key (project_id, id),
    constraint ingest_batch_project_fkey foreign key (project_id) references project (id),
    constraint ingest_batch_door_known check (door in ('traces', 'reviews', 'grounding')),
    constraint ingest_batch_balance check (received = stored + duplicate + quarantined + filtered + rejected)
);
create index ingest_batch_door_idx on ingest_batch (project_id, door, id);
comment on table ingest_batch is 'What became of the items of one committed batch, written in the batch''s own transaction.';
comment on column ingest_batch.project_id is 'The tenant.';
comment on column ingest_batch.id is 'UUIDv7; its text form begins with bat_.';
comment on column ingest_batch.door is 'Which door it came through.';
comment on column ingest_batch.received is 'Items read.';
comment on column ingest_batch.stored is 'Items stored for the first time.';
comment on column ingest_batch.duplicate is 'Items that were stored already, with the same content.';
comment on column ingest_batch.quarantined is 'Items set aside for a person: well formed, but at odds with what is stored.';
comment on column ingest_batch.filtered is 'Items that a rule of the project keeps out.';
comment on column ingest_batch.rejected is 'Items refused with an error, and not kept.';
comment on column ingest_batch.at is 'When it was committed.';
