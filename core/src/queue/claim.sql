-- Claims a batch: $1 the stage, $2 how many at most, $3 the owner, $4 the lease in seconds.
--
-- The recursive part steps from project to project on task_claim_idx instead of reading every task. It orders by all of
-- that index's columns, since the planner else takes task_project_idx, and walks through all that other projects ever
-- did (measured with a million of it: 1 s instead of 1 ms). Whether the stage is paused (stage_pause_current) depends on
-- no row, so it is looked up once; where it is, the first part reads nothing, and so do those that go on from it.
with recursive waiting (project_id) as (
    (
        select project_id from task
        where stage = $1 and state = 'available'
          and not exists (select from stage_pause where stage = $1 and resumed_at is null)
        order by project_id, priority, run_at, id limit 1
    )
    union all
    select (
        select t.project_id from task t
        where t.stage = $1 and t.state = 'available' and t.project_id > w.project_id
        order by t.project_id, t.priority, t.run_at, t.id limit 1
    ) from waiting w where w.project_id is not null
), picked as materialized (
    select f.id, f.priority, row_number() over (partition by w.project_id order by f.priority, f.run_at, f.id) as turn
    from waiting w, lateral (
        select a.id, a.priority, a.run_at from task a
        where a.stage = $1 and a.project_id = w.project_id and a.state = 'available'
          -- task_running_idx. Its twin was enqueued after the claim that made this one run had committed, so whoever sees
          -- the twin sees that.
          and not exists (
              select from task r
              where r.unique_key = a.unique_key and r.stage = a.stage
                and r.project_id = a.project_id and r.state = 'running'
          )
        order by a.priority, a.run_at, a.id
        -- All that is asked for if one project waits; of several twice an even share, since some have less.
        limit greatest(1, $2 * least(2, (select count(project_id) from waiting))
                          / nullif((select count(project_id) from waiting), 0))
        -- Locked here, so that claims at once look past each other's instead of coming away empty.
        for update of a skip locked
    ) f
    where w.project_id is not null
), chosen as (
    -- By turns: the first of each project, then the second of each, …
    select id from picked order by turn, priority, id limit $2
)
update task t
set state = 'running', owner = $3, attempt = t.attempt + 1,
    leased_until = clock_timestamp() + $4 * interval '1 second'
from chosen c
where t.id = c.id
returning t.id, t.project_id, t.work, t.attempt, t.max_attempts, t.traceparent
