-- Adjudication: where experts disagree, someone else decides.
create table adjudication (
    project_id uuid not null,
    id uuid not null,
    trace_id uuid not null,
    reviews uuid[] not null,
    opened_at timestamptz not null,
    verdict text,
    suspect_step integer,
    rationale text,
    settled_by uuid,
    settled_at timestamptz,
    constraint adjudication_pkey primary key (project_id, trace_id),
    constraint adjudication_trace_fkey foreign key (project_id, trace_id) references error_trace (project_id, id),
    constraint adjudication_expert_fkey foreign key (project_id, settled_by) references expert (project_id, id),
    constraint adjudication_verdict_known check (verdict in ('correct', 'partly_correct', 'incorrect', 'cannot_judge')),
    constraint adjudication_settled check ((verdict is null) = (settled_at is null))
);
create index adjudication_id_idx on adjudication (project_id, id);
-- The lists of those that are open, and of those that are decided.
create index adjudication_open_idx on adjudication (project_id, id) where settled_at is null;
create index adjudication_decided_idx on adjudication (project_id, id) where settled_at is not null;
comment on table adjudication is 'A disagreement of experts on a trace, and how it was decided.';
comment on column adjudication.project_id is 'The tenant.';
comment on column adjudication.id is 'UUIDv7; its text form begins with adj_.';
comment on column adjudication.trace_id is 'The trace.';
comment on column adjudication.reviews is 'The reviews that disagree.';
comment on column adjudication.opened_at is 'When the disagreement was found.';
comment on column adjudication.verdict is 'What was decided; null while it is open.';
comment on column adjudication.suspect_step is 'Ordinal of the first flawed step, as decided.';
comment on column adjudication.rationale is 'Why.';
comment on column adjudication.settled_by is 'The expert who decided, where an expert did.';
comment on column adjudication.settled_at is 'When.';

alter table adjudication enable row level security;
create policy adjudication_of_project on adjudication
    using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert on adjudication to atr_app;
grant update (verdict, suspect_step, rationale, settled_by, settled_at) on adjudication to atr_app;
