-- What the machine held against an answer when its expert first looked at it: shown as such, on blind and gold items after the
-- judgement alone; kept, so that it can be told how often experts bear it out.
create table suggestion (
    project_id uuid not null,
    cycle date not null,
    expert_id uuid not null,
    trace_id uuid not null,
    verdict text,
    suspect_step integer,
    at timestamptz not null,
    constraint suggestion_pkey primary key (project_id, cycle, expert_id, trace_id),
    constraint suggestion_assignment_fkey foreign key (project_id, cycle, expert_id, trace_id)
        references assignment (project_id, cycle, expert_id, trace_id),
    constraint suggestion_verdict_known check (verdict in ('correct', 'incorrect')),
    constraint suggestion_says_something check (verdict is not null or suspect_step is not null)
);
comment on table suggestion is 'What the machine suggests of an item of the weekly review, as it stood when the expert first looked at it.';
comment on column suggestion.project_id is 'The tenant.';
comment on column suggestion.cycle is 'The cycle of the assignment.';
comment on column suggestion.expert_id is 'Whose assignment it is.';
comment on column suggestion.trace_id is 'The trace.';
comment on column suggestion.verdict is 'correct or incorrect, by the claims; null where they decide nothing.';
comment on column suggestion.suspect_step is 'Ordinal of the step that the rules of logic find fault with first.';
comment on column suggestion.at is 'When the expert first looked at the item.';

alter table suggestion enable row level security;
create policy suggestion_of_project on suggestion
    using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert on suggestion to atr_app;
