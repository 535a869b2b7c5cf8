-- Gold: traces of which it is known what is right.
create table gold_item (
    project_id uuid not null,
    trace_id uuid not null,
    verdict text not null,
    suspect_step integer,
    note text,
    entered_at timestamptz not null,
    retired_at timestamptz,
    constraint gold_item_pkey primary key (project_id, trace_id),
    constraint gold_item_trace_fkey foreign key (project_id, trace_id) references error_trace (project_id, id),
    constraint gold_item_verdict_known check (verdict in ('correct', 'partly_correct', 'incorrect'))
);
comment on table gold_item is 'A trace of which it is known what is right: it tells how often an expert is. It is trained on never.';
comment on column gold_item.project_id is 'The tenant.';
comment on column gold_item.trace_id is 'The trace.';
comment on column gold_item.verdict is 'What is right: correct, partly_correct or incorrect.';
comment on column gold_item.suspect_step is 'Ordinal of the first flawed step.';
comment on column gold_item.note is 'How it is known.';
comment on column gold_item.entered_at is 'When it was entered.';
comment on column gold_item.retired_at is 'Since when nobody is asked about it; null is they are.';

alter table gold_item enable row level security;
create policy gold_item_of_project on gold_item
    using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert on gold_item to atr_app;
grant update (verdict, suspect_step, note, retired_at) on gold_item to atr_app;
