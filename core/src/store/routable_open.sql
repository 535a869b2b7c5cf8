-- The newest traces that have a score, no judgement and no later revision. Who could not tell has judged nothing. What is or
-- was gold is asked about as that alone: nothing is learnt of it.
select t.id
from error_trace t
where t.project_id = $1
  and exists (select from score s where s.project_id = $1 and s.trace_id = t.id)
  and not exists (
      select from review r where r.project_id = $1 and r.trace_id = t.id and r.verdict not in ('cannot_judge', 'not_my_field')
  )
  and not exists (select from trace_revision v where v.project_id = $1 and v.supersedes = t.id)
  and not exists (select from gold_item g where g.project_id = $1 and g.trace_id = t.id)
order by t.id desc limit $2
