-- Who owns what: projects are tenants, keys let programs in, experts judge.
-- Programs run as atr_app, a role that owns nothing and that row-level policies bind; the owner only migrates.
create extension if not exists pg_trgm;

do $$
begin
    create role atr_app nologin nosuperuser nobypassrls;
exception
    -- Roles belong to the whole cluster: another database of it, migrating now or long ago, made it.
    when duplicate_object or unique_violation then null;
end
$$;

do $$
begin
    -- A superuser may become any role without it.
    if not pg_has_role(current_user, 'atr_app', 'member') then
        grant atr_app to current_user;
    end if;
end
$$;

-- The project of this transaction; null where none was opened, so that no policy matches.
create function atr_project() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('atr.project', true), '')::uuid;

create table project (
    id uuid not null,
    slug text not null,
    name text not null,
    max_backlog integer not null default 1000000,
    created_at timestamptz not null,
    constraint project_pkey primary key (id),
    constraint project_slug_key unique (slug),
    constraint project_max_backlog_range check (max_backlog between 1 and 10000000),
    constraint project_slug_form check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$')
);
comment on table project is 'A tenant: everything else belongs to one.';
comment on column project.id is 'UUIDv7; its text form begins with prj_.';
comment on column project.slug is 'The short name that addresses and commands use.';
comment on column project.name is 'The name that people read.';
comment on column project.max_backlog is 'At so many unfinished tasks nothing more is taken in.';
comment on column project.created_at is 'When it was made.';

create table expert (
    project_id uuid not null,
    id uuid not null,
    handle text not null,
    domains text[] not null,
    languages text[] not null,
    weekly_capacity integer not null,
    active boolean not null,
    created_at timestamptz not null,
    constraint expert_pkey primary key (project_id, id),
    constraint expert_handle_key unique (project_id, handle),
    constraint expert_project_fkey foreign key (project_id) references project (id),
    constraint expert_capacity_range check (weekly_capacity between 0 and 10000)
);
-- The list of experts by whether items are routed to them.
create index expert_active_idx on expert (project_id, active, id);
comment on table expert is 'A person (or a declared script) who reviews traces.';
comment on column expert.project_id is 'The tenant.';
comment on column expert.id is 'UUIDv7; its text form begins with exp_.';
comment on column expert.handle is 'The pseudonym by which reviews and snapshots name the expert.';
comment on column expert.domains is 'The domains the expert judges; empty means every domain.';
comment on column expert.languages is 'BCP 47 tags the expert reads; empty means every language.';
comment on column expert.weekly_capacity is 'How many items a week the expert takes.';
comment on column expert.active is 'Whether items are routed to the expert.';
comment on column expert.created_at is 'When the expert was entered.';

create table api_key (
    project_id uuid not null,
    id uuid not null,
    name text not null,
    role text not null,
    expert_id uuid,
    token_hash bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    constraint api_key_pkey primary key (project_id, id),
    constraint api_key_token_hash_key unique (token_hash),
    constraint api_key_project_fkey foreign key (project_id) references project (id),
    constraint api_key_expert_fkey foreign key (project_id, expert_id) references expert (project_id, id),
    constraint api_key_role_known check (role in ('operator', 'admin', 'curator', 'engineer', 'expert', 'ingest', 'reader')),
    constraint api_key_token_hash_length check (octet_length(token_hash) = 32)
);
comment on table api_key is 'A secret that lets a program or a person in. The secret itself is never stored.';
comment on column api_key.project_id is 'The tenant; an operator''s key names its home project.';
comment on column api_key.id is 'UUIDv7; its text form begins with key_.';
comment on column api_key.name is 'What the key is for, in the words of who made it.';
comment on column api_key.role is 'What the bearer may do.';
comment on column api_key.expert_id is 'The expert whose reviews this key writes.';
comment on column api_key.token_hash is 'BLAKE3 of the secret (256 bits of entropy, so that no slow hash is needed).';
comment on column api_key.created_at is 'When it was made.';
comment on column api_key.expires_at is 'When it stops working; null is never.';
comment on column api_key.revoked_at is 'When it was withdrawn; null is not.';

-- Programs do not own the table of migrations, and ask how far it is.
create function schema_step() returns bigint
    language plpgsql stable security definer
    set search_path = public, pg_temp
as $$
begin
    return (select coalesce(max(version), 0) from _sqlx_migrations where success);
end
$$;
