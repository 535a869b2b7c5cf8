-- What the campaign adds to the installation's database, as its owner: every change of a task, in the order in which the
-- database made them (for one task, under its row's lock, that is the order of commits), with the role that made it.
create schema campaign;
create table campaign.change (
    id bigint generated always as identity,
    task uuid not null,
    work text,
    max_attempts smallint not null,
    state_before text,
    owner_before uuid,
    attempt_before smallint,
    lease_before timestamptz,
    state_after text,
    owner_after uuid,
    attempt_after smallint,
    lease_after timestamptz,
    by text not null,
    at timestamptz not null,
    constraint change_pkey primary key (id)
);
create function campaign.note() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
declare
    one public.task := coalesce(new, old);
begin
    insert into campaign.change (task, work, max_attempts, state_before, owner_before, attempt_before, lease_before,
                                 state_after, owner_after, attempt_after, lease_after, by, at)
    values (one.id, one.project_id || ' ' || one.stage || ' ' || one.unique_key, one.max_attempts,
            old.state, old.owner, old.attempt, old.leased_until,
            new.state, new.owner, new.attempt, new.leased_until, session_user, clock_timestamp());
    return null;
end
$$;
create trigger campaign_note after insert or update or delete on task for each row execute function campaign.note();
