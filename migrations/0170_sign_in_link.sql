-- Links by which people sign in once, without a password.
alter table person
    add column link_hash bytea,
    add column link_expires_at timestamptz,
    add constraint person_link_key unique (link_hash),
    add constraint person_link_length check (octet_length(link_hash) = 32),
    add constraint person_link_ends check ((link_hash is null) = (link_expires_at is null));
comment on column person.link_hash is 'BLAKE3 of the secret by which they sign in, once; null where no link is open.';
comment on column person.link_expires_at is 'Until when it is open.';
grant update (link_hash, link_expires_at) on person to atr_app;

-- Whose a link is: asked before any project is known.
create function linked(hash bytea, asked_at timestamptz)
returns table (project_id uuid, person_id uuid)
    language sql stable security definer
    set search_path = public, pg_temp
as $$
    select p.project_id, p.id from person p
    where p.link_hash = hash and p.link_expires_at > asked_at and p.deactivated_at is null
$$;
revoke execute on function linked from public;
grant execute on function linked to atr_app;
