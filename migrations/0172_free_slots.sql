-- A slot that someone passed on or left is free until another has it: the free ones are found by their worth, however many
-- were free before.
alter table assignment add column refilled boolean not null default false;
update assignment a set refilled = true
    where a.state in ('passed', 'returned') and exists (
        select from assignment b
        where b.project_id = a.project_id and b.cycle = a.cycle and b.trace_id = a.trace_id and b.slot = a.slot and b.id > a.id
    );
comment on column assignment.refilled is 'Whether another got the slot after it was passed on or left.';
create index assignment_free_idx on assignment (project_id, cycle, value desc, id)
    where state in ('passed', 'returned') and not refilled;
grant update (refilled) on assignment to atr_app;
