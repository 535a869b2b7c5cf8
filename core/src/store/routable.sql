-- What is known of traces before anyone judged them: the trace itself, its reasoning in one text, its newest score that rests
-- on no review, and the consensus that score rests on. Texts by their beginnings: so much tells traces apart.
select t.id, t.domain, t.language, t.model_version_id, coalesce(t.chain_group_id, t.id) as "question!",
       left(t.query, 2000) as "query!", left(t.answer, 2000) as "answer!",
       coalesce((select left(string_agg(left(p.text, 1000), E'\n' order by p.ordinal), 4000)
                 from reasoning_step p where p.project_id = $1 and p.trace_id = t.id and p.ordinal < 64), '') as "reasoning!",
       t.confidence, (t.signals ->> 'mean_logprob')::float8 as mean_logprob, (t.signals ->> 'min_logprob')::float8 as min_logprob,
       s.support_term, s.unverifiable_term, s.consistency_term, s.model_term, s.feedback_term,
       c.chains as "chains?", c.agreement as "agreement?", c.dissenters as "dissenters?"
from error_trace t
join lateral (
    select * from score where project_id = $1 and trace_id = t.id and review_id is null order by id desc limit 1
) s on true
left join consensus c on c.project_id = $1 and c.id = s.consensus_id
where t.project_id = $1 and t.id = any($2)
order by t.id
