-- What grows can be partitioned by time: every unique key of such a table holds one and the same column that begins with
-- a time (its own UUIDv7, that of the trace, review or snapshot it belongs to, or its week). What must be unique beyond
-- that stands in a key table, as trace_key and review_key do; ids that are looked up, and made so that they cannot
-- repeat, need no more than an index.
--
-- Not so: what is few (projects, keys, experts, models, snapshots by name, pauses); facts and their sources, which are no
-- older for having been entered earlier; key tables by a sender's name, which must hold for ever; tasks, which are removed
-- when they are long done. A test tries it with every table and names these.

alter table reasoning_step drop constraint reasoning_step_id_key;
create index reasoning_step_id_idx on reasoning_step (project_id, id);
alter table curation_decision drop constraint curation_decision_id_key;
create index curation_decision_id_idx on curation_decision (project_id, id);
alter table snapshot_row drop constraint snapshot_row_id_key;
create index snapshot_row_id_idx on snapshot_row (project_id, id);

-- By the review's time.
alter table evaluation_case
    drop constraint evaluation_case_pkey,
    drop constraint evaluation_case_review_key,
    add constraint evaluation_case_pkey primary key (project_id, review_id);
create index evaluation_case_id_idx on evaluation_case (project_id, id);

-- By the week.
alter table assignment
    drop constraint assignment_pkey,
    drop constraint assignment_slot_key,
    add constraint assignment_pkey primary key (project_id, cycle, expert_id, trace_id);
create index assignment_id_idx on assignment (project_id, id);

create table chain_group_key (
    project_id uuid not null,
    group_key text not null,
    chain_group_id uuid not null,
    constraint chain_group_key_pkey primary key (project_id, group_key),
    constraint chain_group_key_project_fkey foreign key (project_id) references project (id)
);
comment on table chain_group_key is 'Makes a group of chains one by the name its sender gave it.';
comment on column chain_group_key.project_id is 'The tenant.';
comment on column chain_group_key.group_key is 'The name the sender gave the group.';
comment on column chain_group_key.chain_group_id is 'The group that has it.';
insert into chain_group_key (project_id, group_key, chain_group_id) select project_id, group_key, id from chain_group;
alter table chain_group drop constraint chain_group_key_key;
create index chain_group_name_idx on chain_group (project_id, group_key);

create table review_revision (
    project_id uuid not null,
    trace_id uuid not null,
    expert_id uuid not null,
    revision integer not null,
    review_id uuid not null,
    constraint review_revision_pkey primary key (project_id, trace_id, expert_id, revision),
    constraint review_revision_project_fkey foreign key (project_id) references project (id)
);
comment on table review_revision is 'Makes each number of a revision one review''s.';
comment on column review_revision.project_id is 'The tenant.';
comment on column review_revision.trace_id is 'The trace reviewed.';
comment on column review_revision.expert_id is 'Who reviewed it.';
comment on column review_revision.revision is 'The number, from 1.';
comment on column review_revision.review_id is 'The review that has it.';
insert into review_revision (project_id, trace_id, expert_id, revision, review_id)
    select project_id, trace_id, expert_id, revision, id from review;
alter table review drop constraint review_revision_key;
create index review_trace_idx on review (project_id, trace_id, expert_id, revision);

create table example_key (
    project_id uuid not null,
    review_id uuid not null,
    format text not null,
    example_id uuid not null,
    constraint example_key_pkey primary key (project_id, review_id, format),
    constraint example_key_project_fkey foreign key (project_id) references project (id)
);
comment on table example_key is 'Makes the example of a review in a format one, however often it is derived.';
comment on column example_key.project_id is 'The tenant.';
comment on column example_key.review_id is 'The review.';
comment on column example_key.format is 'The format.';
comment on column example_key.example_id is 'The example made of it.';
insert into example_key (project_id, review_id, format, example_id) select project_id, review_id, format, id from example;
alter table example drop constraint example_review_format_key;
create index example_review_idx on example (project_id, review_id, format);

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['chain_group_key', 'review_revision', 'example_key'] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format(
            'create policy %I on %I using (project_id = atr_project()) with check (project_id = atr_project())',
            tenant_table || '_of_project', tenant_table
        );
        execute format('grant select, insert on %I to atr_app', tenant_table);
    end loop;
end
$$;
