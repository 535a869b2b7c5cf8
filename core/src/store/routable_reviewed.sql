-- The traces of the newest judgements. Who could not tell has judged nothing.
select distinct newest.trace_id as "trace_id!"
from (
    select trace_id from review
    where project_id = $1 and verdict not in ('cannot_judge', 'not_my_field') order by id desc limit $2
) newest
