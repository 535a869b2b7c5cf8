-- Work over a message broker: what names an installation's queues, who relays, and what the relay saw last. These are the
-- installation's, not a project's.
create table installation (
    id uuid not null,
    one boolean not null default true,
    constraint installation_pkey primary key (id),
    constraint installation_one unique (one),
    constraint installation_one_true check (one)
);
insert into installation (id) values (gen_random_uuid());
comment on table installation is 'This installation, in one row.';
comment on column installation.id is 'Random. It names the installation''s queues, so that several can share a broker.';
comment on column installation.one is 'True; there is no second row.';

create table leader (
    role text not null,
    owner uuid not null,
    leased_until timestamptz not null,
    constraint leader_pkey primary key (role)
);
comment on table leader is 'Who does what only one worker at a time needs to do. Two at once would harm nothing.';
comment on column leader.role is 'What it leads; relay: publishes doorbells.';
comment on column leader.owner is 'The worker that leads.';
comment on column leader.leased_until is 'Until when, unless renewed, by this database''s clock.';

create table broker (
    one boolean not null default true,
    up boolean not null,
    since timestamptz not null,
    seen_at timestamptz not null,
    error text,
    constraint broker_pkey primary key (one),
    constraint broker_one_true check (one),
    constraint broker_error_told check (up = (error is null))
);
comment on table broker is 'What the relay last saw of the message broker, in one row; none where no relay ever ran.';
comment on column broker.one is 'True; there is no second row.';
comment on column broker.up is 'Whether it took what the relay published.';
comment on column broker.since is 'Since when that is so.';
comment on column broker.seen_at is 'When the relay last looked.';
comment on column broker.error is 'What went wrong while it is down.';

create table doorbell (
    stage text not null,
    lane text not null,
    rung bigint not null,
    announced_at timestamptz not null,
    constraint doorbell_pkey primary key (stage, lane),
    constraint doorbell_lane_known check (lane in ('urgent', 'usual')),
    constraint doorbell_rung_some check (rung > 0)
);
comment on table doorbell is 'How often the broker was told of a stage''s waiting tasks.';
comment on column doorbell.stage is 'The stage.';
comment on column doorbell.lane is 'urgent: tasks of a priority below 0; usual: the others.';
comment on column doorbell.rung is 'How many doorbells the broker confirmed.';
comment on column doorbell.announced_at is 'When it confirmed the last.';

-- Announced is a stage, by as many doorbells as its waiting tasks make batches: a mark on each task would be one more
-- write of each.
alter table task drop column announced_at;
alter table task add column traceparent text;
comment on column task.traceparent is 'The W3C trace context of the request that asked for it, if it had one.';
-- Holds no more than is urgent and waits.
create index task_urgent_idx on task (stage, run_at) where state = 'available' and priority < 0;

grant select on installation to atr_app;
grant select, insert, update, delete on leader to atr_app;
grant select, insert, update on broker, doorbell to atr_app;
