-- What is wrong with an answer, by one taxonomy, with the evidence that led to it; and the fact that a claim agrees with and that holds no more.
create table flaw (
    project_id uuid not null,
    score_id uuid not null,
    ordinal integer not null,
    trace_id uuid not null,
    kind text not null,
    claim_id uuid,
    citation_id uuid,
    finding integer,
    review_id uuid,
    step integer,
    reason text not null,
    constraint flaw_pkey primary key (project_id, score_id, ordinal),
    constraint flaw_score_fkey foreign key (project_id, score_id) references score (project_id, id),
    constraint flaw_trace_fkey foreign key (project_id, trace_id) references error_trace (project_id, id),
    constraint flaw_claim_fkey foreign key (project_id, claim_id) references claim (project_id, id),
    constraint flaw_citation_fkey foreign key (project_id, citation_id) references citation (project_id, id),
    constraint flaw_review_fkey foreign key (project_id, review_id) references review (project_id, id),
    constraint flaw_kind_known check (kind in ('factual_error', 'fabricated_citation', 'misquoted_citation', 'arithmetic_slip',
        'invalid_inference', 'contradiction', 'missing_step', 'outdated', 'unsafe', 'unanswerable_answered')),
    constraint flaw_one_evidence check (num_nonnulls(claim_id, citation_id, finding, review_id) = 1),
    constraint flaw_place check (ordinal >= 0 and finding >= 0 and step >= 0)
);
create index flaw_kind_idx on flaw (project_id, kind, trace_id, score_id);
comment on table flaw is 'What is wrong with an answer, as a score has it; those of a trace''s newest score hold.';
comment on column flaw.project_id is 'The tenant.';
comment on column flaw.score_id is 'The score that it stands with.';
comment on column flaw.ordinal is 'Its place among the flaws of the score, from 0.';
comment on column flaw.trace_id is 'The trace.';
comment on column flaw.kind is 'What it is, by the taxonomy.';
comment on column flaw.claim_id is 'The claim it was told by.';
comment on column flaw.citation_id is 'The citation it was told by.';
comment on column flaw.finding is 'The finding it was told by: its place, from 0, among those of the score.';
comment on column flaw.review_id is 'The review it was told by.';
comment on column flaw.step is 'The place, from 0, of the step it is in; null where it is in the answer alone.';
comment on column flaw.reason is 'Why, in words.';

alter table flaw enable row level security;
create policy flaw_of_project on flaw using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert on flaw to atr_app;

alter table claim
    add column lapsed_fact_id uuid,
    add constraint claim_lapsed_fact_fkey foreign key (project_id, lapsed_fact_id) references grounding_fact (project_id, id);
comment on column claim.lapsed_fact_id is 'A fact that says the same and holds no more, where one that holds contradicts the claim.';
