-- What was set aside is replayed or discarded; nothing of what came is changed or deleted.
alter table quarantined_item
    add column problem_field text,
    add column problem text,
    add column resolution text,
    add column became text,
    add column discard_reason text,
    add column resolved_at timestamptz,
    add constraint quarantined_item_resolution_known check (resolution in ('stored', 'duplicate', 'discarded')),
    add constraint quarantined_item_resolution_whole check (
        (resolution is null) = (resolved_at is null)
        and (became is not null) = coalesce(resolution in ('stored', 'duplicate'), false)
        and (discard_reason is not null) = coalesce(resolution = 'discarded', false)
    ),
    add constraint quarantined_item_problem_whole check ((problem is null) = (problem_field is null));
create index quarantined_item_open_idx on quarantined_item (project_id, id) where resolution is null;
create index quarantined_item_resolved_idx on quarantined_item (project_id, id) where resolution is not null;
create index quarantined_item_field_idx on quarantined_item (project_id, field, id);
comment on column quarantined_item.problem_field is 'The field that the latest replay failed on.';
comment on column quarantined_item.problem is 'Why the latest replay failed and what to do about it; null before the first.';
comment on column quarantined_item.resolution is 'How it left the quarantine: a replay stored it or found it stored, or it was discarded; null while it waits.';
comment on column quarantined_item.became is 'The id of the record that it became or repeats.';
comment on column quarantined_item.discard_reason is 'Why it was discarded.';
comment on column quarantined_item.resolved_at is 'When it left the quarantine.';
grant update (problem_field, problem, resolution, became, discard_reason, resolved_at) on quarantined_item to atr_app;

alter table ingest_batch
    add column replayed integer not null default 0,
    add constraint ingest_batch_replayed_apart check (replayed >= 0 and (replayed = 0 or received = 0));
comment on column ingest_batch.replayed is 'Items of the quarantine that a replay stored or found stored. They were received before: such a batch counts nothing else.';
