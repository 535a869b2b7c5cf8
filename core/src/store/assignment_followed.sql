-- What was routed to an expert after a place, in the order of the transactions that wrote it, and whether one that still
-- runs can come in before it.
select id, cycle, expert_id, trace_id, rank, value, reason, reward_model_id, at, purpose, slot, state,
       leased_until, opened_at, ended_at, review_id, xact,
       xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint as "settled!"
from assignment
where project_id = $1 and expert_id = $2 and (xact, id) > ($3, $4)
order by xact, id limit $5
