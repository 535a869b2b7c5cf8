-- What experts write is kept as they type.
create table review_draft (
    project_id uuid not null,
    trace_id uuid not null,
    expert_id uuid not null,
    version integer not null,
    content jsonb not null,
    saved_at timestamptz not null,
    constraint review_draft_pkey primary key (project_id, trace_id, expert_id),
    constraint review_draft_trace_fkey foreign key (project_id, trace_id) references error_trace (project_id, id),
    constraint review_draft_expert_fkey foreign key (project_id, expert_id) references expert (project_id, id)
);
comment on table review_draft is 'What an expert has written of a review that is not given yet; removed when it is.';
comment on column review_draft.project_id is 'The tenant.';
comment on column review_draft.trace_id is 'The trace.';
comment on column review_draft.expert_id is 'Who writes.';
comment on column review_draft.version is 'From 1; each saving is the next, and names the one it was made from.';
comment on column review_draft.content is 'What is written so far.';
comment on column review_draft.saved_at is 'When it was saved last.';

alter table review_draft enable row level security;
create policy review_draft_of_project on review_draft
    using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert, update, delete on review_draft to atr_app;
