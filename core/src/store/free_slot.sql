-- The slot of cycle $2 that is worth most of those that others passed on or left (assignment_free_idx), that expert $3 may
-- judge by domains $4 and languages $5, and of whose question they had nothing in this cycle.
select a.id
from assignment a
join error_trace t on t.project_id = $1 and t.id = a.trace_id
where a.project_id = $1 and a.cycle = $2 and a.state in ('passed', 'returned') and not a.refilled
  and (cardinality($4::text[]) = 0 or t.domain = any($4))
  and (cardinality($5::text[]) = 0 or t.language = 'und' or t.language = any($5))
  and not exists (
      select from assignment b where b.project_id = $1 and b.cycle = $2 and b.trace_id = a.trace_id
        and b.slot = a.slot and b.state in ('held', 'done')
  )
  and not exists (
      select from assignment c join error_trace o on o.project_id = $1 and o.id = c.trace_id
      where c.project_id = $1 and c.cycle = $2 and c.expert_id = $3
        and coalesce(o.chain_group_id, o.id) = coalesce(t.chain_group_id, t.id)
  )
  and case when a.purpose = 'gold'
      then exists (select from gold_item g where g.project_id = $1 and g.trace_id = a.trace_id
                     and g.retired_at is null)
      else not exists (select from gold_item g where g.project_id = $1 and g.trace_id = a.trace_id)
  end
  and not exists (
      select from review r where r.project_id = $1 and r.trace_id = a.trace_id and r.expert_id = $3
  )
order by a.value desc, a.id
limit 1
for update of a skip locked
