-- What the machine finds (verification, claims, citations, consensus, scores) and what experts say (reviews).
-- All of it is append-only: a new finding is a new record, and the newest holds.
create table verification (
    project_id uuid not null,
    id uuid not null,
    trace_id uuid not null,
    supported integer not null,
    contradicted integer not null,
    unverifiable integer not null,
    rules_version text not null,
    at timestamptz not null,
    constraint verification_pkey primary key (project_id, id),
    constraint verification_trace_fkey foreign key (project_id, trace_id) references error_trace (project_id, id)
);
create index verification_trace_idx on verification (project_id, trace_id, id);
comment on table verification is 'One run of the verifier over a trace.';
comment on column verification.project_id is 'The tenant.';
comment on column verification.id is 'UUIDv7; its text form begins with ver_.';
comment on column verification.trace_id is 'The trace.';
comment on column verification.supported is 'Claims that a fact supports.';
comment on column verification.contradicted is 'Claims that a fact contradicts.';
comment on column verification.unverifiable is 'Claims that no fact decides.';
comment on column verification.rules_version is 'Version of the rules that judged.';
comment on column verification.at is 'When it ran.';

create table claim (
    project_id uuid not null,
    id uuid not null,
    verification_id uuid not null,
    trace_id uuid not null,
    ordinal integer not null,
    span_start integer not null,
    span_end integer not null,
    text text not null,
    resolved text not null,
    check_worthy boolean not null,
    verdict text not null,
    score double precision not null,
    deciding_fact_id uuid,
    fact_span_start integer,
    fact_span_end integer,
    reason text not null,
    constraint claim_pkey primary key (project_id, id),
    constraint claim_verification_fkey foreign key (project_id, verification_id) references verification (project_id, id),
    constraint claim_fact_fkey foreign key (project_id, deciding_fact_id) references grounding_fact (project_id, id),
    constraint claim_verdict_known check (verdict in ('supported', 'contradicted', 'unverifiable'))
);
create index claim_verification_idx on claim (project_id, verification_id, ordinal);
create index claim_trace_idx on claim (project_id, trace_id, id);
create index claim_fact_idx on claim (project_id, deciding_fact_id, id) where deciding_fact_id is not null;
comment on table claim is 'One checkable statement of an answer, and what the facts say of it.';
comment on column claim.project_id is 'The tenant.';
comment on column claim.id is 'UUIDv7; its text form begins with clm_.';
comment on column claim.verification_id is 'The run that found it.';
comment on column claim.trace_id is 'The trace.';
comment on column claim.ordinal is 'Its place in the answer, from 0.';
comment on column claim.span_start is 'Byte offset in the answer where it begins.';
comment on column claim.span_end is 'Byte offset in the answer after its end.';
comment on column claim.text is 'Its words.';
comment on column claim.resolved is 'The claim made self-contained with the help of the question.';
comment on column claim.check_worthy is 'Whether it asserts something that facts could decide.';
comment on column claim.verdict is 'supported, contradicted or unverifiable.';
comment on column claim.score is 'How sure the rule is, 0 to 1.';
comment on column claim.deciding_fact_id is 'The fact that decided.';
comment on column claim.fact_span_start is 'Byte offset in the fact''s statement where the deciding words begin.';
comment on column claim.fact_span_end is 'Byte offset in the fact''s statement after the deciding words.';
comment on column claim.reason is 'Why, in words.';

create table consensus (
    project_id uuid not null,
    id uuid not null,
    chain_group_id uuid not null,
    agreed_answer text not null,
    confidence double precision not null,
    chains integer not null,
    agreement jsonb not null,
    dissenters uuid[] not null,
    inputs_hash bytea not null,
    at timestamptz not null,
    constraint consensus_pkey primary key (project_id, id),
    constraint consensus_group_fkey foreign key (project_id, chain_group_id) references chain_group (project_id, id)
);
create index consensus_group_idx on consensus (project_id, chain_group_id, id);
comment on table consensus is 'What the chains of a group agree on.';
comment on column consensus.project_id is 'The tenant.';
comment on column consensus.id is 'UUIDv7; its text form begins with con_.';
comment on column consensus.chain_group_id is 'The group.';
comment on column consensus.agreed_answer is 'The answer that most chains give.';
comment on column consensus.confidence is 'Share of the chains that give it, 0 to 1.';
comment on column consensus.chains is 'How many chains were compared.';
comment on column consensus.agreement is 'By trace id: the share of the chains that give the same answer as that trace.';
comment on column consensus.dissenters is 'Traces that give another answer.';
comment on column consensus.inputs_hash is 'BLAKE3 of the chains compared: the same input is not merged twice.';
comment on column consensus.at is 'When they were compared.';

create table review (
    project_id uuid not null,
    id uuid not null,
    external_id text,
    trace_id uuid not null,
    expert_id uuid not null,
    revision integer not null,
    verdict text not null,
    severity text,
    suspect_step integer,
    flaw_labels text[] not null,
    corrected_answer text,
    corrected_steps text[],
    rationale text,
    seconds_spent double precision,
    content_hash bytea not null,
    created_at timestamptz not null,
    constraint review_pkey primary key (project_id, id),
    constraint review_revision_key unique (project_id, trace_id, expert_id, revision),
    constraint review_trace_fkey foreign key (project_id, trace_id) references error_trace (project_id, id),
    constraint review_expert_fkey foreign key (project_id, expert_id) references expert (project_id, id),
    constraint review_verdict_known check (verdict in ('correct', 'partly_correct', 'incorrect', 'cannot_judge', 'not_my_field')),
    constraint review_severity_known check (severity in ('minor', 'major', 'critical'))
);
-- The lists of reviews by expert and by verdict.
create index review_expert_idx on review (project_id, expert_id, id);
create index review_verdict_idx on review (project_id, verdict, id);
comment on table review is 'What an expert says of a trace. A changed mind is a new revision.';
comment on column review.project_id is 'The tenant.';
comment on column review.id is 'UUIDv7; its text form begins with rev_.';
comment on column review.external_id is 'The sender''s id; sending it again with the same content changes nothing.';
comment on column review.trace_id is 'The trace.';
comment on column review.expert_id is 'Who judged.';
comment on column review.revision is 'From 1; the highest of an expert on a trace holds.';
comment on column review.verdict is 'correct, partly_correct, incorrect, cannot_judge or not_my_field.';
comment on column review.severity is 'How bad the flaw is.';
comment on column review.suspect_step is 'Ordinal of the first flawed step.';
comment on column review.flaw_labels is 'What is wrong, by label.';
comment on column review.corrected_answer is 'The right answer.';
comment on column review.corrected_steps is 'The right reasoning.';
comment on column review.rationale is 'Why, in the expert''s words.';
comment on column review.seconds_spent is 'Time the expert spent.';
comment on column review.content_hash is 'BLAKE3 of the canonical content.';
comment on column review.created_at is 'When it was given.';

create table review_key (
    project_id uuid not null,
    external_id text not null,
    review_id uuid not null,
    content_hash bytea not null,
    constraint review_key_pkey primary key (project_id, external_id),
    constraint review_key_project_fkey foreign key (project_id) references project (id)
);
comment on table review_key is 'Makes a review idempotent by its sender''s id.';
comment on column review_key.project_id is 'The tenant.';
comment on column review_key.external_id is 'The sender''s id.';
comment on column review_key.review_id is 'The review stored under it.';
comment on column review_key.content_hash is 'BLAKE3 of that review''s canonical content.';

create table citation (
    project_id uuid not null,
    id uuid not null,
    trace_id uuid not null,
    verification_id uuid,
    review_id uuid,
    kind text not null,
    raw text not null,
    span_start integer,
    span_end integer,
    source_id uuid,
    fact_id uuid,
    quoted text,
    state text not null,
    reason text not null,
    constraint citation_pkey primary key (project_id, id),
    constraint citation_verification_fkey foreign key (project_id, verification_id) references verification (project_id, id),
    constraint citation_review_fkey foreign key (project_id, review_id) references review (project_id, id),
    constraint citation_source_fkey foreign key (project_id, source_id) references grounding_source (project_id, id),
    constraint citation_fact_fkey foreign key (project_id, fact_id) references grounding_fact (project_id, id),
    constraint citation_origin check ((verification_id is null) <> (review_id is null)),
    constraint citation_kind_known check (kind in ('marker', 'url', 'doi', 'source', 'fact')),
    constraint citation_state_known check (state in ('verified', 'misquoted', 'not_in_source', 'unknown_source', 'stale', 'retracted'))
);
create index citation_trace_idx on citation (project_id, trace_id, id);
-- The list of citations by state.
create index citation_state_idx on citation (project_id, state, id);
create index citation_verification_idx on citation (project_id, verification_id, id) where verification_id is not null;
create index citation_review_idx on citation (project_id, review_id, id) where review_id is not null;
create index citation_source_idx on citation (project_id, source_id, id) where source_id is not null;
create index citation_fact_idx on citation (project_id, fact_id, id) where fact_id is not null;
comment on table citation is 'A reference in an answer or in a review, and whether it holds.';
comment on column citation.project_id is 'The tenant.';
comment on column citation.id is 'UUIDv7; its text form begins with cit_.';
comment on column citation.trace_id is 'The trace it is about.';
comment on column citation.verification_id is 'The run that found it in an answer.';
comment on column citation.review_id is 'The review that gives it.';
comment on column citation.kind is 'marker, url, doi, source or fact.';
comment on column citation.raw is 'As written.';
comment on column citation.span_start is 'Byte offset in the answer where it begins.';
comment on column citation.span_end is 'Byte offset in the answer after its end.';
comment on column citation.source_id is 'The source it names.';
comment on column citation.fact_id is 'The fact it names.';
comment on column citation.quoted is 'The words it claims to quote.';
comment on column citation.state is 'verified, misquoted, not_in_source, unknown_source, stale or retracted.';
comment on column citation.reason is 'Why, in words.';

create table score (
    project_id uuid not null,
    id uuid not null,
    trace_id uuid not null,
    verification_id uuid not null,
    consensus_id uuid,
    review_id uuid,
    reward_model_id uuid,
    reward double precision not null,
    expert_term double precision,
    support_term double precision not null,
    unverifiable_term double precision not null,
    consistency_term double precision not null,
    model_term double precision,
    findings jsonb not null,
    inputs_hash bytea not null,
    at timestamptz not null,
    constraint score_pkey primary key (project_id, id),
    constraint score_trace_fkey foreign key (project_id, trace_id) references error_trace (project_id, id),
    constraint score_verification_fkey foreign key (project_id, verification_id) references verification (project_id, id),
    constraint score_consensus_fkey foreign key (project_id, consensus_id) references consensus (project_id, id),
    constraint score_review_fkey foreign key (project_id, review_id) references review (project_id, id),
    constraint score_model_fkey foreign key (project_id, reward_model_id) references model_version (project_id, id)
);
create index score_trace_idx on score (project_id, trace_id, id);
comment on table score is 'The reward of a trace, each term kept.';
comment on column score.project_id is 'The tenant.';
comment on column score.id is 'UUIDv7; its text form begins with scr_.';
comment on column score.trace_id is 'The trace.';
comment on column score.verification_id is 'The verification it rests on.';
comment on column score.consensus_id is 'The consensus it rests on.';
comment on column score.review_id is 'The review it rests on.';
comment on column score.reward_model_id is 'The reward model that was asked.';
comment on column score.reward is 'The reward, -1 to 1.';
comment on column score.expert_term is 'The expert''s verdict as a term, -1 to 1; null without one.';
comment on column score.support_term is 'Factual support, -1 to 1.';
comment on column score.unverifiable_term is 'Share of claims that no fact decides, 0 to 1; it costs reward.';
comment on column score.consistency_term is 'Logical consistency of the reasoning graph, 0 to 1.';
comment on column score.model_term is 'What the reward model says: probability that the answer is true, 0 to 1.';
comment on column score.findings is 'What the logic rules found, step by step.';
comment on column score.inputs_hash is 'BLAKE3 of all it rests on: the same input is not scored twice.';
comment on column score.at is 'When.';

create table assignment (
    project_id uuid not null,
    id uuid not null,
    cycle date not null,
    expert_id uuid not null,
    trace_id uuid not null,
    rank integer not null,
    value double precision not null,
    reason jsonb not null,
    reward_model_id uuid,
    at timestamptz not null,
    constraint assignment_pkey primary key (project_id, id),
    constraint assignment_slot_key unique (project_id, cycle, expert_id, trace_id),
    constraint assignment_expert_fkey foreign key (project_id, expert_id) references expert (project_id, id),
    constraint assignment_trace_fkey foreign key (project_id, trace_id) references error_trace (project_id, id),
    constraint assignment_model_fkey foreign key (project_id, reward_model_id) references model_version (project_id, id)
);
-- The lists of assignments by expert and by week.
create index assignment_expert_idx on assignment (project_id, expert_id, id);
create index assignment_cycle_idx on assignment (project_id, cycle, id);
create index assignment_trace_idx on assignment (project_id, trace_id, id);
comment on table assignment is 'An item of the weekly review, routed to an expert.';
comment on column assignment.project_id is 'The tenant.';
comment on column assignment.id is 'UUIDv7; its text form begins with asg_.';
comment on column assignment.cycle is 'Monday of the week it is for.';
comment on column assignment.expert_id is 'Who is asked.';
comment on column assignment.trace_id is 'What is to be judged.';
comment on column assignment.rank is 'Its place in the expert''s week, from 1.';
comment on column assignment.value is 'Expected value of a judgement; larger is sooner.';
comment on column assignment.reason is 'The terms of that value, and the reason in words.';
comment on column assignment.reward_model_id is 'The reward model whose opinion was weighed.';
comment on column assignment.at is 'When it was routed.';
