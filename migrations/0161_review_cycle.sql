-- The cycles of the weekly review as they were held: when each opened and closed, and what came of it.
create table review_cycle (
    project_id uuid not null,
    id uuid not null,
    cycle date not null,
    opens_at timestamptz not null,
    due_at timestamptz not null,
    closes_at timestamptz not null,
    opened_at timestamptz not null,
    closed_at timestamptz,
    report jsonb,
    constraint review_cycle_pkey primary key (project_id, cycle),
    constraint review_cycle_project_fkey foreign key (project_id) references project (id),
    constraint review_cycle_in_order check (opens_at <= due_at and due_at <= closes_at),
    constraint review_cycle_reported check ((closed_at is null) = (report is null))
);
create index review_cycle_id_idx on review_cycle (project_id, id);
-- A project has one open at most.
create unique index review_cycle_open_key on review_cycle (project_id) where closed_at is null;
comment on table review_cycle is 'A cycle of the weekly review that was opened.';
comment on column review_cycle.project_id is 'The tenant.';
comment on column review_cycle.id is 'UUIDv7; its text form begins with cyc_.';
comment on column review_cycle.cycle is 'Its name: the date on which it was to open by the calendar of its day.';
comment on column review_cycle.opens_at is 'From when on it was to be open.';
comment on column review_cycle.due_at is 'By when its reviews are wanted.';
comment on column review_cycle.closes_at is 'From when on it is open no more.';
comment on column review_cycle.opened_at is 'When it was opened.';
comment on column review_cycle.closed_at is 'When it was closed; null while it is open.';
comment on column review_cycle.report is 'What came of it, written once as it closed: items, coverage, agreement.';

alter table review_cycle enable row level security;
create policy review_cycle_of_project on review_cycle
    using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert on review_cycle to atr_app;
grant update (due_at, closes_at, closed_at, report) on review_cycle to atr_app;
