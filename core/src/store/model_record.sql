-- By model how many of the answers that the newest judgements are of were found right: by each expert's newest revision, where
-- all who could tell say the same.
select t.model_version_id as "model!", count(*) filter (where said.is_right) as "right!", count(*) as "judged!"
from (
    select distinct newest.trace_id
    from (
        select r.trace_id from review r
        where r.project_id = $1 and r.verdict not in ('cannot_judge', 'not_my_field')
          and not exists (select from gold_item g where g.project_id = $1 and g.trace_id = r.trace_id)
        order by r.id desc limit $2
    ) newest
) judged
join error_trace t on t.project_id = $1 and t.id = judged.trace_id
cross join lateral (
    select bool_and(v.verdict = 'correct') as is_right, bool_or(v.verdict = 'correct') as is_right_to_some
    from (
        select distinct on (expert_id) verdict from review
        where project_id = $1 and trace_id = judged.trace_id order by expert_id, revision desc
    ) v
    where v.verdict not in ('cannot_judge', 'not_my_field')
) said
where said.is_right = said.is_right_to_some
group by t.model_version_id
