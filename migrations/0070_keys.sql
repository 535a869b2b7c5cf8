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

-- Whom a secret belongs to, while its key works. A key that is used is noted so once a minute, that a busy one is not a row
-- which every request writes.
drop function authenticate;
create function authenticate(hash bytea, asked_at timestamptz)
returns table (key_id uuid, project_id uuid, role text, scopes text[], expert_id uuid, requests_per_minute integer)
    language plpgsql volatile security definer
    set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
    minute timestamptz := date_trunc('minute', asked_at);
begin
    update api_key k set last_used_at = minute
    where k.token_hash = hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > asked_at)
      and (k.last_used_at is null or k.last_used_at < minute);
    return query
        select k.id, k.project_id, k.role, k.scopes, k.expert_id, k.requests_per_minute from api_key k
        where k.token_hash = hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > asked_at);
end
$$;
revoke execute on function authenticate from public;
grant execute on function authenticate to atr_app;
