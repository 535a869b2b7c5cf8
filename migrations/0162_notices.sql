-- What people and programs are told of the weekly review: where programs hear of it, and what was told to whom.
create table webhook_endpoint (
    project_id uuid not null,
    id uuid not null,
    url text not null,
    secret bytea not null,
    created_at timestamptz not null,
    removed_at timestamptz,
    constraint webhook_endpoint_pkey primary key (project_id, id),
    constraint webhook_endpoint_project_fkey foreign key (project_id) references project (id),
    constraint webhook_endpoint_secret_length check (octet_length(secret) between 24 and 64)
);
comment on table webhook_endpoint is 'Where a program hears of the weekly review, by signed requests.';
comment on column webhook_endpoint.project_id is 'The tenant.';
comment on column webhook_endpoint.id is 'UUIDv7; its text form begins with whk_.';
comment on column webhook_endpoint.url is 'Where requests are sent.';
comment on column webhook_endpoint.secret is 'What they are signed with. It is kept as it is: who signs must have it.';
comment on column webhook_endpoint.created_at is 'When it was added.';
comment on column webhook_endpoint.removed_at is 'Since when nothing is sent there any more; null is it is.';
alter table webhook_endpoint enable row level security;
create policy webhook_endpoint_of_project on webhook_endpoint
    using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert on webhook_endpoint to atr_app;
grant update (removed_at) on webhook_endpoint to atr_app;

create table notice (
    project_id uuid not null,
    id uuid not null,
    cycle date not null,
    event text not null,
    endpoint_id uuid,
    person_id uuid,
    items bigint not null,
    created_at timestamptz not null,
    delivered_at timestamptz,
    constraint notice_pkey primary key (project_id, id),
    constraint notice_once unique nulls not distinct (project_id, cycle, event, endpoint_id, person_id),
    constraint notice_cycle_fkey foreign key (project_id, cycle) references review_cycle (project_id, cycle),
    constraint notice_endpoint_fkey foreign key (project_id, endpoint_id) references webhook_endpoint (project_id, id),
    constraint notice_person_fkey foreign key (project_id, person_id) references person (project_id, id),
    constraint notice_event_known check (event in ('opened', 'due', 'closed')),
    constraint notice_recipient check (num_nonnulls(endpoint_id, person_id) = 1)
);
comment on table notice is 'What someone is told of a cycle of the weekly review, once.';
comment on column notice.project_id is 'The tenant.';
comment on column notice.id is 'UUIDv7; its text form begins with ntc_. Who is told the same twice tells it by this.';
comment on column notice.cycle is 'The cycle.';
comment on column notice.event is 'opened, due or closed.';
comment on column notice.endpoint_id is 'The endpoint that is told; null where a person is.';
comment on column notice.person_id is 'Who is told, by e-mail.';
comment on column notice.items is 'How many items are held: by the person, else by all.';
comment on column notice.created_at is 'When it was to be told.';
comment on column notice.delivered_at is 'When it was; null is not yet.';
alter table notice enable row level security;
create policy notice_of_project on notice
    using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert on notice to atr_app;
grant update (delivered_at) on notice to atr_app;
