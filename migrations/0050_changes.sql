-- What is followed by a cursor of (transaction, place): numbers and times order all miss what commits late. A reader takes
-- what stands below the oldest transaction that still runs, and nothing can come in there any more.
alter table assignment add column xact bigint not null default 0;
alter table assignment alter column xact set default pg_current_xact_id()::text::bigint;
comment on column assignment.xact is 'The transaction that wrote it; 0 where it was written before this was kept.';
create index assignment_followed_idx on assignment (project_id, expert_id, xact, id);

alter table job_event add column xact bigint not null default 0;
alter table job_event alter column xact set default pg_current_xact_id()::text::bigint;
comment on column job_event.xact is 'The transaction that wrote it; 0 where it was written before this was kept.';
create index job_event_followed_idx on job_event (project_id, job_id, xact, attempt, ordinal);
