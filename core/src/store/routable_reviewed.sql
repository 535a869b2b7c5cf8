-- The traces of the newest judgements. Who could not tell has judged nothing. What is gold was chosen by someone who knew what
-- is right of it, and is corrected by nobody: it tells nothing of what else is wrong.
select distinct newest.trace_id as "trace_id!"
from (
    select r.trace_id from review r
    where r.project_id = $1 and r.verdict not in ('cannot_judge', 'not_my_field')
      and not exists (select from gold_item g where g.project_id = $1 and g.trace_id = r.trace_id)
    order by r.id desc limit $2
) newest
