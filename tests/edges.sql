-- Records $FROM to $TO of every kind, the n-th of each kind resting on the n-th of the others.
create or replace function pg_temp.id(kind integer, n integer) returns uuid language sql immutable as
    $$ select (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
create or replace function pg_temp.hash(n integer) returns bytea language sql immutable as
    $$ select decode(lpad(to_hex(n), 64, '0'), 'hex') $$;

create or replace function pg_temp.text(prefix text, id uuid) returns text language sql immutable as $$
    select prefix || '_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz',
        substring(b'00' || ('x' || replace(id::text, '-', ''))::bit(128) from 5 * place + 1 for 5)::bit(5)::integer + 1, 1), '' order by place)
    from generate_series(0, 25) place $$;

begin;
create temporary table n on commit drop as
    select n, p.id as project, now() as at from generate_series($FROM, $TO) n, project p where p.slug = 'one';

insert into expert (project_id, id, handle, domains, languages, weekly_capacity, active, created_at, away)
    select project, pg_temp.id(1, n), 'expert-' || n, '{}', '{}', 5, true, at, '[{"first": "2026-12-24", "last": "2026-12-31"}]' from n;
insert into person
    select project, pg_temp.id(40, n), 'person-' || n || '@example.org', 'expert', pg_temp.id(1, n), null, null, null, at, null, null, null, null, null from n;
insert into api_key
    select project, pg_temp.id(2, n), 'key', 'expert', pg_temp.id(1, n), pg_temp.hash(n), at, at + interval '1 day', null, null,
           null, null, null, case when n > 1 then pg_temp.id(2, n - 1) end, pg_temp.id(40, n)
    from n;
insert into audit_entry
    select project, 1000 + n, pg_temp.id(30, n), at, pg_temp.id(2, n), 'expert', null, 'key.created', 's', null, null,
           pg_temp.hash(n), pg_temp.hash(n)
    from n;
insert into ingest_batch select project, pg_temp.id(3, n), 'traces', 1, 1, 0, 0, 0, 0, at, 0, pg_temp.id(2, n) from n;
insert into quarantined_item select project, pg_temp.id(4, n), 'traces', 'q' || n, 'conflict', 'answer', '{}', pg_temp.id(3, n), at, 'answer', 'p' from n;
insert into model_version select project, pg_temp.id(5, n), 'reward_model', 'base-' || n, null, null, null, null, '{}', at from n;
insert into chain_group select project, pg_temp.id(6, n), 'group-' || n, 'q', at from n;
insert into error_trace
    select project, pg_temp.id(7, n), 't' || n, pg_temp.id(5, n), pg_temp.id(6, n), 'train', 'text', 'd', 'en', 'q', 'a [e-mail]',
           0.5, '{"entropy": 1}', '{}',
           jsonb_build_array(jsonb_build_object('digest', encode(pg_temp.hash(n), 'hex'), 'media_type', 'image/png', 'bytes', 1)),
           's', 'CC0-1.0',
           false, pg_temp.hash(n), pg_temp.id(3, n), at, at, '[{"role": "user", "text": "x"}]'
    from n;
insert into trace_revision
    select project, pg_temp.id(7, n), decode(lpad(to_hex(n), 32, '0'), 'hex'), 2 - n % 2,
           case when n % 2 = 0 then pg_temp.id(7, n - 1) end, 1, at
    from n;
insert into reasoning_step
    select project, pg_temp.id(7, n), at, pg_temp.id(8, 2 * n + at), at::text, 'reasoning', 'x',
           case at when 1 then '{0}'::integer[] else '{}' end, null, null, null
    from (select n, project, generate_series(0, 1) as at from n) n;
insert into grounding_source select project, pg_temp.id(9, n), 's' || n, 'p', 't', null, null, 'CC0-1.0', 'primary', null, pg_temp.hash(n), at, 1 from n;
insert into source_copy select project, pg_temp.id(61, n), pg_temp.id(9, n), pg_temp.hash(n), 'text/plain', 1, at from n;
insert into source_copy_text select project, pg_temp.id(61, n), 'x', false, null, at from n;
insert into source_retrieval
    select project, pg_temp.id(62, n), pg_temp.id(9, n), 'changed', pg_temp.id(61, n), 'https://example.org/', 200, 'e', 'l', null, null, at from n;
insert into grounding_fact (project_id, id, external_id, source_id, domain, subject, statement, content_hash, recorded_at, review_id)
    select project, pg_temp.id(10, n), 'f' || n, pg_temp.id(9, n), 'd', 's', 'x', pg_temp.hash(n), at, pg_temp.id(15, n) from n;
insert into fact_conflict
    select project, pg_temp.id(44, n), pg_temp.id(10, n - 1), pg_temp.id(10, n), 0, 1, 0, 1, at, null from n where n > 1;
insert into quote_place select project, pg_temp.id(61, n), pg_temp.id(10, n), 'stands', 1, 0, 1, 'x' from n;
insert into fact_state
    select project, pg_temp.id(11, 2 * n + half), pg_temp.id(10, n), case half when 0 then 'verified' else 'superseded' end, 'r', null, at,
           pg_temp.id(61, n), 0, 1, case half when 1 then pg_temp.id(10, n) end
    from n, generate_series(0, 1) half;
insert into verification select project, pg_temp.id(12, n), pg_temp.id(7, n), 1, 0, 0, 'v', at from n;
insert into judge_opinion select project, pg_temp.id(44, n), 'm', pg_temp.hash(n), '[]', '{}', 1, 1, at from n;
insert into judge_day select project, '2020-01-06'::date + n, 1 from n;
insert into claim
    select project, pg_temp.id(13, n), pg_temp.id(12, n), pg_temp.id(7, n), 0, 0, 1, 'a', 'a', true, 'supported', 1,
           pg_temp.id(10, n), 0, 1, 'r', 'likely_true', 1, pg_temp.id(44, n), pg_temp.id(10, n)
    from n;
insert into consensus
    select project, pg_temp.id(14, n), pg_temp.id(6, n), 'a', 1, 1,
           jsonb_build_object('trc_' || repeat('0', 26), 1), array[pg_temp.id(7, n)], pg_temp.hash(n), at,
           0, pg_temp.id(7, n), jsonb_build_object('trc_' || repeat('0', 26), 1),
           jsonb_build_array(jsonb_build_object('trace', 'trc_' || repeat('0', 26), 'step', 0, 'representative_step', 0,
                                                'parting', 'other_result', 'reason', 'r'))
    from n;
insert into guideline select project, pg_temp.id(41, n), '', n, 'x', at from n;
insert into review
    select project, pg_temp.id(15, n), 'r' || n, pg_temp.id(7, n), pg_temp.id(1, n), 1, 'correct', null, 0, '{}', null,
           null, 'x [phone]', null, pg_temp.hash(n), at, '[{"step": 0, "finding": "sound"}]',
           jsonb_build_array(jsonb_build_object('claim', 'clm_' || repeat('0', 26), 'verdict', 'supported')),
           pg_temp.id(41, n)
    from n;
insert into webhook_endpoint select project, pg_temp.id(90, n), 'https://example.org/' || n, decode(repeat('ab', 32), 'hex'), at, null from n;
insert into gold_item select project, pg_temp.id(7, n), 'incorrect', 0, 'r', at, null from n;
insert into adjudication
    select project, pg_temp.id(42, n), pg_temp.id(7, n), array[pg_temp.id(15, n)], at, 'incorrect', 0, 'r', pg_temp.id(1, n), at from n;
insert into citation
    select project, pg_temp.id(16, 2 * n + half), pg_temp.id(7, n),
           case half when 0 then pg_temp.id(12, n) end, case half when 1 then pg_temp.id(15, n) end,
           'fact', 'x', 0, 1, pg_temp.id(9, n), pg_temp.id(10, n), null, 'verified', 'r', pg_temp.id(61, n), 0, 1
    from n, generate_series(0, 1) half;
insert into reward_formula
    select project, n,
           '{"expert": 4, "support": 2, "unverifiable": 0.5, "consistency": 1, "citations": 1, "model": 1, "feedback": 0.5}',
           'x', pg_temp.id(2, n), at
    from n;
insert into score
    select project, pg_temp.id(17, n), pg_temp.id(7, n), pg_temp.id(12, n), pg_temp.id(14, n), pg_temp.id(15, n),
           pg_temp.id(5, n), 1, null, 1, 0, 1, null, '[{"kind": "circle", "steps": [0], "reason": "r"}]', pg_temp.hash(n), at, null, 0, 0, 1, n,
           '{"expert": 4, "support": 2, "unverifiable": 0.5, "consistency": 1, "citations": 1, "model": 1, "feedback": 0.5}'
    from n;
insert into flaw
    select project, pg_temp.id(17, n), kind, pg_temp.id(7, n), (array['factual_error', 'misquoted_citation', 'contradiction', 'unsafe'])[kind + 1],
           case kind when 0 then pg_temp.id(13, n) end, case kind when 1 then pg_temp.id(16, 2 * n) end,
           case kind when 2 then 0 end, case kind when 3 then pg_temp.id(15, n) end, 0, 'r'
    from n, generate_series(0, 3) kind;
insert into assignment (project_id, id, cycle, expert_id, trace_id, rank, value, reason, reward_model_id, at, purpose, slot,
                        state, leased_until, opened_at, ended_at, review_id)
    select project, pg_temp.id(18, n), '2026-11-23', pg_temp.id(1, n), pg_temp.id(7, n), 1, 1,
           '{"uncertainty": 1, "conflict": 0, "reach": 0, "novelty": 0, "words": "w"}', pg_temp.id(5, n), at, 'single', 1,
           'done', at, at, at, pg_temp.id(15, n)
    from n;
insert into suggestion select project, '2026-11-23', pg_temp.id(1, n), pg_temp.id(7, n), 'incorrect', 0, at from n;
insert into review_cycle
    select project, pg_temp.id(43, n), '2020-01-06'::date + 7 * n, at, at, at, at, at,
           jsonb_build_object('items', c.items, 'flaws', jsonb_build_array(jsonb_build_object('of', 'f', 'traces', 1, 'reviewed', 1)),
               'experts', jsonb_build_array(jsonb_build_object('expert', pg_temp.text('exp', pg_temp.id(1, n)), 'items', c.items)),
               'domains', jsonb_build_array(jsonb_build_object('of', 'd', 'traces', 1, 'reviewed', 1)),
               'models', jsonb_build_array(jsonb_build_object('of', pg_temp.text('mdl', pg_temp.id(5, n)), 'traces', 1, 'reviewed', 1)),
               'agreement', jsonb_build_array(jsonb_build_object('question', 'verdict', 'traces', 1, 'experts', 1, 'ratings', 1)))
    from n, (select '{"given": 1, "done": 1, "passed": 0, "returned": 0, "left_over": 0, "carried_over": 0}'::jsonb as items) c;
insert into review_draft select project, pg_temp.id(7, n), pg_temp.id(1, n), 1, '{"verdict": "correct"}', at from n;
insert into example (project_id, id, review_id, trace_id, chosen_review_id, chosen_trace_id, format, content, content_hash, rules_version, at)
    select project, pg_temp.id(19, n), pg_temp.id(15, n), pg_temp.id(7, n), pg_temp.id(15, n), pg_temp.id(7, n), 'sft', '{}', pg_temp.hash(n), 'v', at from n;
insert into evaluation_case
    select project, pg_temp.id(20, n), pg_temp.id(15, n), pg_temp.id(7, n), 'held_out', 'g', true,
           '{"group": "g", "prompt": "q", "completion": "a", "steps": [], "domain": "d", "label": true}', at
    from n;
insert into snapshot
    select project, pg_temp.id(21, n), 'snapshot-' || n, case when n > 1 then pg_temp.id(21, n - 1) end, 'curated', '{}',
           pg_temp.hash(n), 1, 1, pg_temp.hash(n), null, null, null, null, at, null
    from n;
insert into snapshot_member
    select project, pg_temp.id(21, n), 0, pg_temp.id(7, n), pg_temp.id(15, n), pg_temp.id(17, n),
           jsonb_build_object('examples', jsonb_build_array(pg_temp.id(19, n)), 'reward', 1, 'disagreement', false, 'earlier', false,
               'citations', '[{"of": "answer", "state": "verified"}]'::jsonb,
               'facts', jsonb_build_array(jsonb_build_object('id', pg_temp.id(10, n), 'of', 'answer', 'state', 'verified',
                                                             'licence', 'CC0-1.0', 'publisher', 'p')))
    from n;
insert into curation_decision select project, pg_temp.id(21, n), 0, pg_temp.id(22, n), true, 's', 'kept', 1, null from n;
insert into snapshot_row select project, pg_temp.id(21, n), 'sft', 0, pg_temp.id(23, n), 0, pg_temp.id(19, n), pg_temp.hash(n) from n;
insert into snapshot_file select project, pg_temp.id(21, n), 'train/sft.parquet', 1, pg_temp.hash(n), 1 from n;
insert into training_job
    select project, pg_temp.id(24, n), pg_temp.id(21, n), pg_temp.id(5, n), pg_temp.id(5, n), 'reward', 'local', 'succeeded',
           1, 1, '{}', '{}', null, at, at, at
    from n;
insert into job_event select project, pg_temp.id(24, n), 1, 0, '{}', at from n;
insert into model_version
    select project, pg_temp.id(25, n), 'reward_model', 'made-' || n, pg_temp.id(5, n), pg_temp.id(24, n), pg_temp.hash(n), 1,
           '{}', at
    from n;
insert into evaluation
    select project, pg_temp.id(26, n), pg_temp.id(25, n), pg_temp.id(5, n), pg_temp.id(24, n), 1, 1, pg_temp.hash(n), 1,
           '{"version": 1, "baseline": "none", "resamples": 1, "questions_to_pick": 0, "right": 1, "regressions": 0,
             "measures": [{"name": "auroc", "before": {"value": 1, "low": 1, "high": 1}, "after": {"value": 1, "low": 1, "high": 1},
                           "difference": {"value": 0, "low": 0, "high": 0}}]}', at
    from n;
insert into promotion
    select project, pg_temp.id(27, n), pg_temp.id(25, n), pg_temp.id(26, n), pg_temp.id(5, n), 'promoted', 'r', '{}', null, at
    from n;
insert into trace_key (project_id, external_id, trace_id, content_hash) select project, 't' || n, pg_temp.id(7, n), pg_temp.hash(n) from n;
insert into feedback select project, pg_temp.id(29, n), 'f' || n, 'n' || lpad(to_hex(n), 32, '0'), null, -1, null, null, -1, pg_temp.hash(n), pg_temp.id(3, n), at from n;
insert into attachment select project, pg_temp.id(31, n), pg_temp.hash(n), pg_temp.hash(n), 'image/png', 1, 1, 1, at from n;
insert into attachment_text select project, pg_temp.id(31, n), 1, 'read', 'x [phone]', false, 'tesseract 5', '{eng}', null, at from n;
insert into attachment_reference
    select project, record, kind, 0, pg_temp.hash(n), trace, ordinal, fact, review
    from n, lateral (
        values (pg_temp.id(7, n), 'trc', pg_temp.id(7, n), null::integer, null::uuid, null::uuid),
               (pg_temp.id(8, 2 * n), 'stp', pg_temp.id(7, n), 0, null, null),
               (pg_temp.id(8, 2 * n + 1), 'stp', pg_temp.id(7, n), 1, null, null),
               (pg_temp.id(10, n), 'fct', null, null, pg_temp.id(10, n), null),
               (pg_temp.id(15, n), 'rev', null, null, null, pg_temp.id(15, n))
    ) as made (record, kind, trace, ordinal, fact, review);
insert into lineage_edge
    select project, 'snp', pg_temp.id(21, 1), 'trc', pg_temp.id(7, n), 'wasDerivedFrom', at from n;
insert into task
    select pg_temp.id(28, n), project, 'score', '{}', 'scheduled', 0, null, 0, 5, at + interval '1 day', null, null, '[]', at,
           null, null
    from n;
commit;
