-- Roles by the names of who has them; keys that are narrowed, told apart by a public prefix, rotated, and seen in use.
alter table api_key drop constraint api_key_role_known;
update api_key set role = case role when 'engineer' then 'trainer' when 'reader' then 'auditor' else role end;
alter table api_key
    add constraint api_key_role_known
        check (role in ('operator', 'admin', 'curator', 'trainer', 'expert', 'ingest', 'auditor')),
    add column prefix text,
    add column scopes text[],
    add column requests_per_minute integer,
    add column last_used_at timestamptz,
    add column replaces_id uuid,
    add constraint api_key_prefix_form check (prefix ~ '^atr_[0-9a-f]{8}$'),
    add constraint api_key_scopes_known check (
        scopes <@ array['read', 'ingest', 'curate', 'review', 'train', 'audit', 'administer', 'operate']
        and cardinality(scopes) > 0
    ),
    add constraint api_key_requests_per_minute_range check (requests_per_minute between 1 and 1000000),
    add constraint api_key_replaces_fkey foreign key (project_id, replaces_id) references api_key (project_id, id);
comment on column api_key.prefix is 'How the secret begins: public, so that a leaked secret can be told to its key; null for keys made before there were prefixes.';
comment on column api_key.scopes is 'What of the role''s permissions the key has; null is all.';
comment on column api_key.requests_per_minute is 'How many requests a minute a server answers it; null is the server''s own bound.';
comment on column api_key.last_used_at is 'When it was last used, to the minute.';
comment on column api_key.replaces_id is 'The key in whose place it was made.';
grant update (expires_at) on api_key to atr_app;

drop function authenticate;
create function authenticate(hash bytea)
returns table (
    key_id uuid, project_id uuid, role text, scopes text[], expert_id uuid, requests_per_minute integer,
    expires_at timestamptz, last_used_at timestamptz
)
    language sql stable security definer
    set search_path = public, pg_temp
as $$
    select k.id, k.project_id, k.role, k.scopes, k.expert_id, k.requests_per_minute, k.expires_at, k.last_used_at
    from api_key k
    where k.token_hash = hash and k.revoked_at is null
$$;

-- A key of whatever project is used; a time that is not later than the noted one changes nothing.
create function note_key_use(hash bytea, at timestamptz) returns void
    language sql security definer
    set search_path = public, pg_temp
as $$
    update api_key set last_used_at = at where token_hash = hash and (last_used_at is null or last_used_at < at)
$$;
revoke execute on function authenticate, note_key_use from public;
grant execute on function authenticate, note_key_use to atr_app;
