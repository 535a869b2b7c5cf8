-- The task queue: the one place where stages meet. The row is the outbox, so it has no policy: workers serve every
-- project, and open a transaction for the task's own project before they read anything else.
create table task (
    id uuid not null,
    project_id uuid not null,
    stage text not null,
    work jsonb not null,
    state text not null,
    priority smallint not null,
    unique_key text,
    attempt smallint not null,
    max_attempts smallint not null,
    run_at timestamptz not null,
    owner uuid,
    leased_until timestamptz,
    errors jsonb not null,
    created_at timestamptz not null,
    finished_at timestamptz,
    announced_at timestamptz,
    constraint task_pkey primary key (id),
    constraint task_project_fkey foreign key (project_id) references project (id),
    constraint task_state_known check (state in ('available', 'scheduled', 'running', 'retryable', 'succeeded', 'cancelled', 'dead')),
    constraint task_attempts check (attempt between 0 and max_attempts),
    constraint task_lease_whole check ((state = 'running') = (owner is not null and leased_until is not null)),
    constraint task_finish_whole check ((state in ('succeeded', 'cancelled', 'dead')) = (finished_at is not null))
);
-- Unique among those that have not begun: one that runs may already have read what has changed since.
create unique index task_unique_waiting on task (project_id, stage, unique_key)
    where unique_key is not null and state in ('available', 'scheduled', 'retryable');
-- Claiming: the projects of a stage are stepped through on this index, so that each gets its share.
create index task_claim_idx on task (stage, project_id, priority, run_at, id) where state = 'available';
create index task_due_idx on task (run_at, id) where state in ('scheduled', 'retryable');
create index task_lease_idx on task (leased_until) where state = 'running';
-- Claiming passes over what runs already.
create index task_running_idx on task (unique_key, stage, project_id) where state = 'running';
create index task_dead_idx on task (project_id, id) where state = 'dead';
-- What is done: how much of late, and what is old enough to be removed.
create index task_finished_idx on task (stage, finished_at) where state in ('succeeded', 'cancelled');
create index task_project_idx on task (project_id, stage, state, id);
comment on table task is 'One piece of work for one stage, and its outbox row.';
comment on column task.id is 'UUIDv7; its text form begins with tsk_.';
comment on column task.project_id is 'The tenant whose records it is about.';
comment on column task.stage is 'The stage that does it.';
comment on column task.work is 'What is to be done, by ids.';
comment on column task.state is 'available, scheduled, running, retryable, succeeded, cancelled or dead.';
comment on column task.priority is 'Smaller goes first; 0 is usual.';
comment on column task.unique_key is 'Two waiting tasks of a stage and project never share one.';
comment on column task.attempt is 'How often it was claimed.';
comment on column task.max_attempts is 'After so many failed attempts it is dead.';
comment on column task.run_at is 'Not before this time.';
comment on column task.owner is 'The worker that holds it.';
comment on column task.leased_until is 'Until when it is held, by this database''s clock.';
comment on column task.errors is 'What went wrong at each attempt.';
comment on column task.created_at is 'When it was enqueued.';
comment on column task.finished_at is 'When it ended.';
comment on column task.announced_at is 'When a broker was last told of it; null is not yet.';

-- Workers ask it at every claim: the index holds no more rows than there are stages.
create table stage_pause (
    id bigint generated always as identity,
    stage text not null,
    paused_at timestamptz not null,
    paused_by uuid,
    why text not null,
    resumed_at timestamptz,
    resumed_by uuid,
    constraint stage_pause_pkey primary key (id),
    constraint stage_pause_why_length check (char_length(why) between 1 and 500)
);
create unique index stage_pause_current on stage_pause (stage) where resumed_at is null;
comment on table stage_pause is 'A time in which a stage was not claimed from, in any project. Its row stays when it is over.';
comment on column stage_pause.id is 'In the order of their beginning; not shown.';
comment on column stage_pause.stage is 'The stage.';
comment on column stage_pause.paused_at is 'Since when.';
comment on column stage_pause.paused_by is 'The API key of the operator who paused it, of whichever project; null is a command beside the database.';
comment on column stage_pause.why is 'Why, in the words of who paused it.';
comment on column stage_pause.resumed_at is 'Until when; null is still paused.';
comment on column stage_pause.resumed_by is 'The API key of the operator who resumed it; null as for paused_by.';
