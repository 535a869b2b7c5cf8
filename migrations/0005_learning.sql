-- From settled reviews to snapshots, jobs, evaluations and promotions.
create table example (
    project_id uuid not null,
    id uuid not null,
    review_id uuid not null,
    trace_id uuid not null,
    format text not null,
    content jsonb not null,
    content_hash bytea not null,
    rules_version text not null,
    at timestamptz not null,
    constraint example_pkey primary key (project_id, id),
    constraint example_review_format_key unique (project_id, review_id, format),
    constraint example_review_fkey foreign key (project_id, review_id) references review (project_id, id),
    constraint example_trace_fkey foreign key (project_id, trace_id) references error_trace (project_id, id),
    constraint example_format_known check (format in ('sft', 'preference', 'kto', 'stepwise', 'reward'))
);
create index example_trace_idx on example (project_id, trace_id, id);
comment on table example is 'A candidate training row that a settled review yields.';
comment on column example.project_id is 'The tenant.';
comment on column example.id is 'UUIDv7; its text form begins with exm_.';
comment on column example.review_id is 'The review it was derived from.';
comment on column example.trace_id is 'The trace.';
comment on column example.format is 'sft, preference, kto, stepwise or reward.';
comment on column example.content is 'The row, in the columns of its format.';
comment on column example.content_hash is 'BLAKE3 of the canonical row.';
comment on column example.rules_version is 'Version of the rules that derived it.';
comment on column example.at is 'When.';

create table evaluation_case (
    project_id uuid not null,
    id uuid not null,
    review_id uuid not null,
    trace_id uuid not null,
    purpose text not null,
    group_key text not null,
    answer_is_right boolean not null,
    content jsonb not null,
    at timestamptz not null,
    constraint evaluation_case_pkey primary key (project_id, id),
    constraint evaluation_case_review_key unique (project_id, review_id),
    constraint evaluation_case_review_fkey foreign key (project_id, review_id) references review (project_id, id),
    constraint evaluation_case_trace_fkey foreign key (project_id, trace_id) references error_trace (project_id, id),
    constraint evaluation_case_purpose_known check (purpose in ('held_out', 'regression'))
);
create index evaluation_case_purpose_idx on evaluation_case (project_id, purpose, id);
create index evaluation_case_trace_idx on evaluation_case (project_id, trace_id, id);
comment on table evaluation_case is 'A judged answer that measures models: held out of every snapshot, or a mistake that must not come back.';
comment on column evaluation_case.project_id is 'The tenant.';
comment on column evaluation_case.id is 'UUIDv7; its text form begins with cas_.';
comment on column evaluation_case.review_id is 'The review that judged it.';
comment on column evaluation_case.trace_id is 'The trace.';
comment on column evaluation_case.purpose is 'held_out: in no snapshot; regression: a mistake that training should mend.';
comment on column evaluation_case.group_key is 'Cases of one question share it: intervals resample questions, not answers.';
comment on column evaluation_case.answer_is_right is 'The expert''s verdict.';
comment on column evaluation_case.content is 'Question, answer, steps and signals, as a model is asked.';
comment on column evaluation_case.at is 'When.';

create table snapshot (
    project_id uuid not null,
    id uuid not null,
    name text not null,
    parent_id uuid,
    state text not null,
    recipe jsonb not null,
    recipe_hash bytea not null,
    seed bigint not null,
    members integer not null,
    membership_root bytea not null,
    merkle_root bytea,
    manifest_hash bytea,
    counts jsonb,
    error text,
    created_at timestamptz not null,
    sealed_at timestamptz,
    constraint snapshot_pkey primary key (project_id, id),
    constraint snapshot_name_key unique (project_id, name),
    constraint snapshot_project_fkey foreign key (project_id) references project (id),
    constraint snapshot_parent_fkey foreign key (project_id, parent_id) references snapshot (project_id, id),
    constraint snapshot_state_known check (state in ('frozen', 'curated', 'sealed', 'failed')),
    constraint snapshot_sealed_whole check (state <> 'sealed' or (merkle_root is not null and manifest_hash is not null and sealed_at is not null))
);
-- The list of snapshots by state.
create index snapshot_state_idx on snapshot (project_id, state, id);
comment on table snapshot is 'An immutable set of training rows. Its membership is frozen when it is asked for.';
comment on column snapshot.project_id is 'The tenant.';
comment on column snapshot.id is 'UUIDv7; its text form begins with snp_.';
comment on column snapshot.name is 'The name that people use.';
comment on column snapshot.parent_id is 'The snapshot before it.';
comment on column snapshot.state is 'frozen (membership fixed), curated (decisions made), sealed (files written) or failed.';
comment on column snapshot.recipe is 'Order, thresholds and versions of the pipeline.';
comment on column snapshot.recipe_hash is 'BLAKE3 of the canonical recipe.';
comment on column snapshot.seed is 'Seed of every random choice in it.';
comment on column snapshot.members is 'How many reviewed traces were frozen.';
comment on column snapshot.membership_root is 'BLAKE3 over the frozen membership in order.';
comment on column snapshot.merkle_root is 'Merkle root over its rows.';
comment on column snapshot.manifest_hash is 'BLAKE3 of its manifest.';
comment on column snapshot.counts is 'What went in, what came out and why the rest fell, by stage.';
comment on column snapshot.error is 'Why it failed.';
comment on column snapshot.created_at is 'When its membership was frozen.';
comment on column snapshot.sealed_at is 'When its files were complete.';

-- A sealed snapshot never changes.
create function refuse_change_of_sealed() returns trigger language plpgsql as $$
begin
    raise exception 'a sealed snapshot never changes' using errcode = 'restrict_violation';
end
$$;
create trigger snapshot_sealed before update or delete on snapshot
    for each row when (old.state = 'sealed') execute function refuse_change_of_sealed();

create table snapshot_member (
    project_id uuid not null,
    snapshot_id uuid not null,
    position integer not null,
    trace_id uuid not null,
    review_id uuid not null,
    score_id uuid not null,
    pinned jsonb not null,
    constraint snapshot_member_pkey primary key (project_id, snapshot_id, position),
    -- Deferred: members are read and frozen first, and the snapshot's own row, which is never updated with them, holds
    -- their number and root.
    constraint snapshot_member_snapshot_fkey foreign key (project_id, snapshot_id) references snapshot (project_id, id)
        deferrable initially deferred,
    constraint snapshot_member_trace_fkey foreign key (project_id, trace_id) references error_trace (project_id, id),
    constraint snapshot_member_review_fkey foreign key (project_id, review_id) references review (project_id, id),
    constraint snapshot_member_score_fkey foreign key (project_id, score_id) references score (project_id, id)
);
create index snapshot_member_trace_idx on snapshot_member (project_id, trace_id, snapshot_id);
create index snapshot_member_review_idx on snapshot_member (project_id, review_id, snapshot_id);
comment on table snapshot_member is 'The frozen membership: which revision and which score of each input a snapshot is built from.';
comment on column snapshot_member.project_id is 'The tenant.';
comment on column snapshot_member.snapshot_id is 'The snapshot.';
comment on column snapshot_member.position is 'Order in the membership, from 0.';
comment on column snapshot_member.trace_id is 'The trace.';
comment on column snapshot_member.review_id is 'The review, and by it the revision.';
comment on column snapshot_member.score_id is 'The score.';
comment on column snapshot_member.pinned is 'What else could change later, as it was: examples, reward, citation and fact states, disagreement.';

create table snapshot_held_out (
    project_id uuid not null,
    snapshot_id uuid not null,
    position integer not null,
    trace_id uuid not null,
    facts uuid[] not null,
    constraint snapshot_held_out_pkey primary key (project_id, snapshot_id, position),
    constraint snapshot_held_out_snapshot_fkey foreign key (project_id, snapshot_id) references snapshot (project_id, id)
        deferrable initially deferred,
    constraint snapshot_held_out_trace_fkey foreign key (project_id, trace_id) references error_trace (project_id, id)
);
comment on table snapshot_held_out is 'What evaluation held out when a snapshot was frozen: decontamination compares with it, also when rebuilding.';
comment on column snapshot_held_out.project_id is 'The tenant.';
comment on column snapshot_held_out.snapshot_id is 'The snapshot.';
comment on column snapshot_held_out.position is 'Order, from 0.';
comment on column snapshot_held_out.trace_id is 'The held-out trace.';
comment on column snapshot_held_out.facts is 'The facts that answered it, as far as was known then.';

create table curation_decision (
    project_id uuid not null,
    snapshot_id uuid not null,
    position integer not null,
    id uuid not null,
    kept boolean not null,
    stage text not null,
    reason text not null,
    weight double precision not null,
    detail jsonb,
    constraint curation_decision_pkey primary key (project_id, snapshot_id, position),
    constraint curation_decision_id_key unique (project_id, id),
    constraint curation_decision_member_fkey foreign key (project_id, snapshot_id, position) references snapshot_member (project_id, snapshot_id, position)
);
-- The lists of a snapshot's decisions by reason and by whether they kept.
create index curation_decision_reason_idx on curation_decision (project_id, snapshot_id, reason, position);
create index curation_decision_kept_idx on curation_decision (project_id, snapshot_id, kept, position);
comment on table curation_decision is 'Why a member was kept or fell: one compact record each.';
comment on column curation_decision.project_id is 'The tenant.';
comment on column curation_decision.snapshot_id is 'The snapshot.';
comment on column curation_decision.position is 'The member.';
comment on column curation_decision.id is 'UUIDv7; its text form begins with cur_.';
comment on column curation_decision.kept is 'Whether its rows are in the snapshot.';
comment on column curation_decision.stage is 'The stage of the pipeline that decided.';
comment on column curation_decision.reason is 'The reason, by name.';
comment on column curation_decision.weight is 'Importance weight that travels with its rows.';
comment on column curation_decision.detail is 'What was found, where it was not simply kept.';

create table snapshot_row (
    project_id uuid not null,
    snapshot_id uuid not null,
    format text not null,
    position integer not null,
    id uuid not null,
    member_position integer not null,
    example_id uuid not null,
    row_hash bytea not null,
    constraint snapshot_row_pkey primary key (project_id, snapshot_id, format, position),
    constraint snapshot_row_id_key unique (project_id, id),
    constraint snapshot_row_snapshot_fkey foreign key (project_id, snapshot_id) references snapshot (project_id, id),
    constraint snapshot_row_example_fkey foreign key (project_id, example_id) references example (project_id, id)
);
create index snapshot_row_example_idx on snapshot_row (project_id, example_id, snapshot_id);
comment on table snapshot_row is 'A row of a snapshot''s files, and the example it is.';
comment on column snapshot_row.project_id is 'The tenant.';
comment on column snapshot_row.snapshot_id is 'The snapshot.';
comment on column snapshot_row.format is 'The format of the file it is in.';
comment on column snapshot_row.position is 'Its place in that file, from 0.';
comment on column snapshot_row.id is 'UUIDv7; its text form begins with row_.';
comment on column snapshot_row.member_position is 'The member it comes from.';
comment on column snapshot_row.example_id is 'The example it is.';
comment on column snapshot_row.row_hash is 'BLAKE3 of the row, a leaf of the Merkle tree.';

create table snapshot_file (
    project_id uuid not null,
    snapshot_id uuid not null,
    path text not null,
    bytes bigint not null,
    digest bytea not null,
    rows bigint not null,
    constraint snapshot_file_pkey primary key (project_id, snapshot_id, path),
    constraint snapshot_file_snapshot_fkey foreign key (project_id, snapshot_id) references snapshot (project_id, id)
);
comment on table snapshot_file is 'A file of a snapshot; its bytes are in the blob store under their digest.';
comment on column snapshot_file.project_id is 'The tenant.';
comment on column snapshot_file.snapshot_id is 'The snapshot.';
comment on column snapshot_file.path is 'Its path within the snapshot.';
comment on column snapshot_file.bytes is 'Length in bytes.';
comment on column snapshot_file.digest is 'BLAKE3 of its bytes.';
comment on column snapshot_file.rows is 'How many rows it has.';

create table lineage_edge (
    project_id uuid not null,
    from_kind text not null,
    from_id uuid not null,
    to_kind text not null,
    to_id uuid not null,
    relation text not null,
    at timestamptz not null,
    constraint lineage_edge_pkey primary key (project_id, from_kind, from_id, to_kind, to_id, relation),
    constraint lineage_edge_project_fkey foreign key (project_id) references project (id)
);
-- The other way round: what rests on this?
create index lineage_edge_to_idx on lineage_edge (project_id, to_kind, to_id, from_kind, from_id);
comment on table lineage_edge is 'What rests on what: from is the later thing, to is what it was made from.';
comment on column lineage_edge.project_id is 'The tenant.';
comment on column lineage_edge.from_kind is 'Kind of the later thing, by its id''s prefix.';
comment on column lineage_edge.from_id is 'The later thing.';
comment on column lineage_edge.to_kind is 'Kind of what it rests on, by its id''s prefix.';
comment on column lineage_edge.to_id is 'What it rests on.';
comment on column lineage_edge.relation is 'How, in W3C PROV terms: wasDerivedFrom, used, wasGeneratedBy.';
comment on column lineage_edge.at is 'When it was noted.';

create table training_job (
    project_id uuid not null,
    id uuid not null,
    snapshot_id uuid not null,
    base_model_id uuid,
    produced_model_id uuid,
    method text not null,
    backend text not null,
    state text not null,
    attempt integer not null,
    seed bigint not null,
    hyperparameters jsonb not null,
    specification jsonb,
    error text,
    created_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    constraint training_job_pkey primary key (project_id, id),
    constraint training_job_snapshot_fkey foreign key (project_id, snapshot_id) references snapshot (project_id, id),
    constraint training_job_base_fkey foreign key (project_id, base_model_id) references model_version (project_id, id),
    constraint training_job_produced_fkey foreign key (project_id, produced_model_id) references model_version (project_id, id),
    constraint training_job_state_known check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    constraint training_job_method_known check (method in ('reward')),
    constraint training_job_backend_known check (backend in ('local'))
);
create index training_job_snapshot_idx on training_job (project_id, snapshot_id, id);
create index training_job_state_idx on training_job (project_id, state, id);
comment on table training_job is 'A training run on a snapshot.';
comment on column training_job.project_id is 'The tenant.';
comment on column training_job.id is 'UUIDv7; its text form begins with job_.';
comment on column training_job.snapshot_id is 'The snapshot it trains on.';
comment on column training_job.base_model_id is 'The model it starts from; null starts from nothing.';
comment on column training_job.produced_model_id is 'The model it made.';
comment on column training_job.method is 'reward: the reward model of RLFH.';
comment on column training_job.backend is 'local: a process on this machine.';
comment on column training_job.state is 'queued, running, succeeded, failed or cancelled.';
comment on column training_job.attempt is 'How often it was started.';
comment on column training_job.seed is 'Seed given to the trainer.';
comment on column training_job.hyperparameters is 'Settings given to the trainer.';
comment on column training_job.specification is 'The job specification as the trainer got it.';
comment on column training_job.error is 'Why it failed.';
comment on column training_job.created_at is 'When it was asked for.';
comment on column training_job.started_at is 'When it last began.';
comment on column training_job.finished_at is 'When it ended.';

create table job_event (
    project_id uuid not null,
    job_id uuid not null,
    attempt integer not null,
    ordinal integer not null,
    event jsonb not null,
    at timestamptz not null,
    constraint job_event_pkey primary key (project_id, job_id, attempt, ordinal),
    constraint job_event_job_fkey foreign key (project_id, job_id) references training_job (project_id, id)
);
comment on table job_event is 'What a trainer reported, line by line.';
comment on column job_event.project_id is 'The tenant.';
comment on column job_event.job_id is 'The job.';
comment on column job_event.attempt is 'Of which attempt.';
comment on column job_event.ordinal is 'Its place in the report, from 0.';
comment on column job_event.event is 'The line.';
comment on column job_event.at is 'When it was read.';

alter table model_version add constraint model_version_job_fkey
    foreign key (project_id, training_job_id) references training_job (project_id, id);

create table evaluation (
    project_id uuid not null,
    id uuid not null,
    model_id uuid not null,
    baseline_model_id uuid,
    training_job_id uuid,
    cases integer not null,
    questions integer not null,
    cases_hash bytea not null,
    seed bigint not null,
    measures jsonb not null,
    at timestamptz not null,
    constraint evaluation_pkey primary key (project_id, id),
    constraint evaluation_model_fkey foreign key (project_id, model_id) references model_version (project_id, id),
    constraint evaluation_baseline_fkey foreign key (project_id, baseline_model_id) references model_version (project_id, id),
    constraint evaluation_job_fkey foreign key (project_id, training_job_id) references training_job (project_id, id)
);
create index evaluation_model_idx on evaluation (project_id, model_id, id);
comment on table evaluation is 'A model measured on the held-out cases, beside the model before it.';
comment on column evaluation.project_id is 'The tenant.';
comment on column evaluation.id is 'UUIDv7; its text form begins with evl_.';
comment on column evaluation.model_id is 'The model measured.';
comment on column evaluation.baseline_model_id is 'The model in use before; null measures against the answering model''s own likelihood.';
comment on column evaluation.training_job_id is 'The job that made the model.';
comment on column evaluation.cases is 'How many cases.';
comment on column evaluation.questions is 'How many questions they belong to.';
comment on column evaluation.cases_hash is 'BLAKE3 over the cases in order.';
comment on column evaluation.seed is 'Seed of the bootstrap.';
comment on column evaluation.measures is 'Each measure before and after, with its interval and the interval of the difference.';
comment on column evaluation.at is 'When.';

create table promotion (
    project_id uuid not null,
    id uuid not null,
    model_id uuid not null,
    evaluation_id uuid,
    previous_model_id uuid,
    decision text not null,
    reason text not null,
    gate jsonb not null,
    key_id uuid,
    at timestamptz not null,
    constraint promotion_pkey primary key (project_id, id),
    constraint promotion_model_fkey foreign key (project_id, model_id) references model_version (project_id, id),
    constraint promotion_evaluation_fkey foreign key (project_id, evaluation_id) references evaluation (project_id, id),
    constraint promotion_previous_fkey foreign key (project_id, previous_model_id) references model_version (project_id, id),
    constraint promotion_decision_known check (decision in ('promoted', 'refused', 'rolled_back'))
);
create index promotion_model_idx on promotion (project_id, model_id, id);
create index promotion_effective_idx on promotion (project_id, id) where decision <> 'refused';
comment on table promotion is 'Whether a model came into use, and why. The newest that is not a refusal names the model in use.';
comment on column promotion.project_id is 'The tenant.';
comment on column promotion.id is 'UUIDv7; its text form begins with prm_.';
comment on column promotion.model_id is 'The model that was promoted or refused; after a roll-back, the model that is in use again.';
comment on column promotion.evaluation_id is 'The evaluation that decided.';
comment on column promotion.previous_model_id is 'The model in use before.';
comment on column promotion.decision is 'promoted, refused or rolled_back.';
comment on column promotion.reason is 'Why, in words.';
comment on column promotion.gate is 'The gate''s margins and what it saw.';
comment on column promotion.key_id is 'The key that asked, where a person did.';
comment on column promotion.at is 'When.';
