-- People, who sign in by e-mail address and password. A session is a key of theirs that ends by itself.
create table person (
    project_id uuid not null,
    id uuid not null,
    email text not null,
    role text not null,
    expert_id uuid,
    password_hash text,
    invitation_hash bytea,
    invitation_expires_at timestamptz,
    created_at timestamptz not null,
    deactivated_at timestamptz,
    constraint person_pkey primary key (project_id, id),
    constraint person_project_fkey foreign key (project_id) references project (id),
    constraint person_expert_fkey foreign key (project_id, expert_id) references expert (project_id, id),
    constraint person_email_key unique (project_id, email),
    constraint person_invitation_key unique (invitation_hash),
    constraint person_email_form check (email = lower(email) and email ~ '^[^@[:space:]]+@[^@[:space:]]+$' and length(email) <= 254),
    constraint person_role_known check (role in ('operator', 'admin', 'curator', 'trainer', 'expert', 'auditor')),
    constraint person_expert_named check (role <> 'expert' or expert_id is not null),
    constraint person_invitation_length check (octet_length(invitation_hash) = 32),
    constraint person_invitation_ends check ((invitation_hash is null) = (invitation_expires_at is null))
);
comment on table person is 'Someone who signs in.';
comment on column person.project_id is 'The tenant; an operator''s home project.';
comment on column person.id is 'UUIDv7; its text form begins with psn_.';
comment on column person.email is 'The address they sign in with, in lower case.';
comment on column person.role is 'What they may do.';
comment on column person.expert_id is 'The expert whose reviews they write.';
comment on column person.password_hash is 'Argon2id of their password (PHC string); null until they chose one.';
comment on column person.invitation_hash is 'BLAKE3 of the secret by which they choose a password, once; null where no invitation is open.';
comment on column person.invitation_expires_at is 'Until when it is open.';
comment on column person.created_at is 'When they were invited first.';
comment on column person.deactivated_at is 'Since when they sign in no more; null is they do.';

alter table person enable row level security;
create policy person_of_project on person
    using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert on person to atr_app;
grant update (role, expert_id, password_hash, invitation_hash, invitation_expires_at, deactivated_at) on person to atr_app;

alter table api_key
    add column person_id uuid,
    add constraint api_key_person_fkey foreign key (project_id, person_id) references person (project_id, id),
    add constraint api_key_session_ends check (person_id is null or expires_at is not null);
create index api_key_person_idx on api_key (project_id, person_id) where person_id is not null;
comment on column api_key.person_id is 'Whose session it is; null for a program''s key.';

-- Whose an invitation is: asked before any project is known.
create function invited(hash bytea, asked_at timestamptz)
returns table (project_id uuid, person_id uuid)
    language sql stable security definer
    set search_path = public, pg_temp
as $$
    select p.project_id, p.id from person p
    where p.invitation_hash = hash and p.invitation_expires_at > asked_at and p.deactivated_at is null
$$;
revoke execute on function invited from public;
grant execute on function invited to atr_app;
