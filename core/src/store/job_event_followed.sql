-- What was reported of a job after a place, in the order of the transactions that wrote it, and whether one that still runs
-- can come in before it.
select attempt, ordinal, event, at, xact,
       xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint as "settled!"
from job_event
where project_id = $1 and job_id = $2 and (xact, attempt, ordinal) > ($3, $4, $5)
order by xact, attempt, ordinal limit $6
