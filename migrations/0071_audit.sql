-- Who did what, when and from where: append-only, each entry chained to the one before.
create table audit_entry (
    project_id uuid not null,
    sequence bigint not null,
    id uuid not null,
    at timestamptz not null,
    key_id uuid,
    role text not null,
    origin text,
    action text not null,
    subject text not null,
    before_hash bytea,
    after_hash bytea,
    previous_hash bytea not null,
    hash bytea not null,
    constraint audit_entry_pkey primary key (project_id, sequence),
    constraint audit_entry_id_key unique (project_id, id),
    constraint audit_entry_project_fkey foreign key (project_id) references project (id),
    constraint audit_entry_sequence_range check (sequence > 0),
    constraint audit_entry_hash_length check (
        octet_length(hash) = 32 and octet_length(previous_hash) = 32
        and octet_length(before_hash) = 32 and octet_length(after_hash) = 32
    )
);
create index audit_entry_action_idx on audit_entry (project_id, action, id);
create index audit_entry_subject_idx on audit_entry (project_id, subject, id);
create index audit_entry_key_idx on audit_entry (project_id, key_id, id);
comment on table audit_entry is 'The audit log of a project. Programs may add to it and read it, and nothing else.';
comment on column audit_entry.project_id is 'The tenant.';
comment on column audit_entry.sequence is 'The place in the project''s log, from 1 on, without a gap.';
comment on column audit_entry.id is 'UUIDv7; its text form begins with aud_.';
comment on column audit_entry.at is 'When it was done.';
comment on column audit_entry.key_id is 'The key it was done with, maybe of an operator''s other project; null for a command beside the database.';
comment on column audit_entry.role is 'As what it was done.';
comment on column audit_entry.origin is 'The address it was asked from; null for a command beside the database.';
comment on column audit_entry.action is 'What was done.';
comment on column audit_entry.subject is 'On what: an id, or the word of what has none.';
comment on column audit_entry.before_hash is 'BLAKE3 of the state of the subject before, as canonical JSON; null where it was not there.';
comment on column audit_entry.after_hash is 'BLAKE3 of its state since; null where it is no more.';
comment on column audit_entry.previous_hash is 'The hash of the entry before; of the first one, zeros.';
comment on column audit_entry.hash is 'BLAKE3 of the place, time, action and previous hash, and of a commitment, salted in audit_salt, to the rest.';

create table audit_salt (
    project_id uuid not null,
    sequence bigint not null,
    salt bytea not null,
    constraint audit_salt_pkey primary key (project_id, sequence),
    constraint audit_salt_entry_fkey foreign key (project_id, sequence) references audit_entry (project_id, sequence),
    constraint audit_salt_length check (octet_length(salt) = 32)
);
comment on table audit_salt is 'The salts of the audit log''s commitments, kept apart: without its salt an entry''s hash tells nothing of who and what.';
comment on column audit_salt.project_id is 'The tenant.';
comment on column audit_salt.sequence is 'The entry''s place.';
comment on column audit_salt.salt is '32 random bytes.';

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['audit_entry', 'audit_salt'] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format(
            'create policy %I on %I using (project_id = atr_project()) with check (project_id = atr_project())',
            tenant_table || '_of_project', tenant_table
        );
        execute format('grant select, insert on %I to atr_app', tenant_table);
    end loop;
end
$$;
