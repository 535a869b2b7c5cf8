-- Assignments are leases: an expert holds one slot of a trace's review until they judge, pass it on, give it back or let
-- the lease end.
alter table assignment
    add column purpose text not null default 'single',
    add column slot smallint not null default 1,
    add column state text not null default 'held',
    add column leased_until timestamptz,
    add column opened_at timestamptz,
    add column ended_at timestamptz,
    add column review_id uuid;
-- What was routed before: judged by the expert since, or left.
update assignment a set slot = n.slot
    from (select project_id, cycle, expert_id, trace_id,
                 row_number() over (partition by project_id, cycle, trace_id order by id) as slot from assignment) n
    where (n.project_id, n.cycle, n.expert_id, n.trace_id) = (a.project_id, a.cycle, a.expert_id, a.trace_id);
update assignment a set leased_until = a.cycle + interval '7 days',
    review_id = (select r.id from review r where r.project_id = a.project_id and r.trace_id = a.trace_id and r.expert_id = a.expert_id
                 order by r.revision desc limit 1);
update assignment a set ended_at = r.created_at,
    state = case when r.verdict in ('cannot_judge', 'not_my_field') then 'passed' else 'done' end
    from review r where r.project_id = a.project_id and r.id = a.review_id;
alter table assignment
    alter column leased_until set not null,
    alter column purpose drop default,
    alter column slot drop default,
    alter column state drop default,
    add constraint assignment_purpose_known check (purpose in ('single', 'double_blind', 'gold')),
    add constraint assignment_slot_counts check (slot >= 1),
    add constraint assignment_state_known check (state in ('held', 'done', 'passed', 'returned')),
    add constraint assignment_ended check ((state = 'held') = (ended_at is null)),
    add constraint assignment_review_fkey foreign key (project_id, review_id) references review (project_id, id);
-- Nobody else gets a slot while one holds it or has judged.
create unique index assignment_slot_key on assignment (project_id, cycle, trace_id, slot) where state in ('held', 'done');
-- The list of assignments by state.
create index assignment_state_idx on assignment (project_id, state, id);
comment on column assignment.purpose is 'single, double_blind or gold.';
comment on column assignment.slot is 'Which of the judgements wanted of the trace in this cycle it is, from 1.';
comment on column assignment.state is 'held, done, passed or returned.';
comment on column assignment.leased_until is 'Until when the expert holds it.';
comment on column assignment.opened_at is 'When the expert looked at it first.';
comment on column assignment.ended_at is 'When it was done, passed on or returned.';
comment on column assignment.review_id is 'The review by which it was done or passed on.';
grant update (state, leased_until, opened_at, ended_at, review_id) on assignment to atr_app;

-- When an expert is away.
alter table expert add column away jsonb not null default '[]';
comment on column expert.away is 'The days on which they are away: a list of first and last days.';
grant update (away) on expert to atr_app;
