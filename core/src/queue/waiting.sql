-- What could be claimed now: $1 the stages, $2 how many of a lane are counted at most.
--
-- What is urgent is read on task_urgent_idx, the rest on task_claim_idx: it is ordered by all of that index's columns for the
-- reason that claim.sql gives, and passes over twins as a claim does.
select s.stage as "stage!", l.urgent as "urgent!", l.tasks as "tasks!", l.traceparent
from unnest($1::text[]) as s (stage) cross join lateral (
    select true as urgent, count(*) as tasks,
           (array_agg(w.traceparent order by w.run_at) filter (where w.traceparent is not null))[1] as traceparent
    from (
        select a.traceparent, a.run_at from task a
        where a.stage = s.stage and a.state = 'available' and a.priority < 0
          and not exists (
              select from task r
              where r.unique_key = a.unique_key and r.stage = a.stage
                and r.project_id = a.project_id and r.state = 'running'
          )
        order by a.run_at limit $2
    ) w
    union all
    select false, count(*),
           (array_agg(w.traceparent order by w.run_at) filter (where w.traceparent is not null))[1]
    from (
        select a.traceparent, a.run_at from task a
        where a.stage = s.stage and a.state = 'available' and a.priority >= 0
          and not exists (
              select from task r
              where r.unique_key = a.unique_key and r.stage = a.stage
                and r.project_id = a.project_id and r.state = 'running'
          )
        order by a.project_id, a.priority, a.run_at, a.id limit $2
    ) w
) l
where l.tasks > 0
  and not exists (select from stage_pause p where p.stage = s.stage and p.resumed_at is null)
