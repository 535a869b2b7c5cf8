-- Verified facts with their sources, and the full-text search over them.
create table grounding_source (
    project_id uuid not null,
    id uuid not null,
    external_id text not null,
    publisher text not null,
    title text not null,
    url text,
    doi text,
    licence text not null,
    trust_tier text not null,
    retrieved_at timestamptz,
    content_hash bytea not null,
    created_at timestamptz not null,
    constraint grounding_source_pkey primary key (project_id, id),
    constraint grounding_source_external_key unique (project_id, external_id),
    constraint grounding_source_project_fkey foreign key (project_id) references project (id),
    constraint grounding_source_trust_known check (trust_tier in ('primary', 'secondary', 'community'))
);
-- The lists of sources by publisher and by trust.
create index grounding_source_publisher_idx on grounding_source (project_id, publisher, id);
create index grounding_source_trust_idx on grounding_source (project_id, trust_tier, id);
create index grounding_source_url_idx on grounding_source (project_id, url) where url is not null;
create index grounding_source_doi_idx on grounding_source (project_id, lower(doi)) where doi is not null;
comment on table grounding_source is 'Where facts come from.';
comment on column grounding_source.project_id is 'The tenant.';
comment on column grounding_source.id is 'UUIDv7; its text form begins with src_.';
comment on column grounding_source.external_id is 'The curator''s id for it.';
comment on column grounding_source.publisher is 'Who published it.';
comment on column grounding_source.title is 'Its title.';
comment on column grounding_source.url is 'Where it is found.';
comment on column grounding_source.doi is 'Its DOI.';
comment on column grounding_source.licence is 'SPDX id or the publisher''s words.';
comment on column grounding_source.trust_tier is 'primary, secondary or community.';
comment on column grounding_source.retrieved_at is 'When it was read.';
comment on column grounding_source.content_hash is 'BLAKE3 of this record''s canonical content.';
comment on column grounding_source.created_at is 'When it was entered.';

create table grounding_fact (
    project_id uuid not null,
    id uuid not null,
    external_id text not null,
    source_id uuid not null,
    domain text not null,
    subject text not null,
    statement text not null,
    quote text,
    valid_from date,
    valid_to date,
    content_hash bytea not null,
    recorded_at timestamptz not null,
    terms tsvector not null generated always as (to_tsvector('english', statement)) stored,
    constraint grounding_fact_pkey primary key (project_id, id),
    constraint grounding_fact_external_key unique (project_id, external_id),
    constraint grounding_fact_source_fkey foreign key (project_id, source_id) references grounding_source (project_id, id),
    constraint grounding_fact_validity check (valid_to is null or valid_from is null or valid_from <= valid_to)
);
create index grounding_fact_terms_idx on grounding_fact using gin (terms);
create index grounding_fact_domain_idx on grounding_fact (project_id, domain, id);
create index grounding_fact_source_idx on grounding_fact (project_id, source_id, id);
create index grounding_fact_subject_idx on grounding_fact (project_id, subject, id);
comment on table grounding_fact is 'A statement that a source makes. Its state stands in fact_state.';
comment on column grounding_fact.project_id is 'The tenant.';
comment on column grounding_fact.id is 'UUIDv7; its text form begins with fct_.';
comment on column grounding_fact.external_id is 'The curator''s id for it.';
comment on column grounding_fact.source_id is 'The source that says so.';
comment on column grounding_fact.domain is 'The field of knowledge.';
comment on column grounding_fact.subject is 'What it is about.';
comment on column grounding_fact.statement is 'The fact, in one sentence.';
comment on column grounding_fact.quote is 'The words of the source.';
comment on column grounding_fact.valid_from is 'From when it holds in the world.';
comment on column grounding_fact.valid_to is 'Until when it holds in the world.';
comment on column grounding_fact.content_hash is 'BLAKE3 of this record''s canonical content.';
comment on column grounding_fact.recorded_at is 'When it was entered.';
comment on column grounding_fact.terms is 'The statement as search terms.';

create table fact_state (
    project_id uuid not null,
    id uuid not null,
    fact_id uuid not null,
    state text not null,
    reason text not null,
    key_id uuid,
    at timestamptz not null,
    constraint fact_state_pkey primary key (project_id, id),
    constraint fact_state_fact_fkey foreign key (project_id, fact_id) references grounding_fact (project_id, id),
    constraint fact_state_known check (state in ('proposed', 'verified', 'disputed', 'retracted'))
);
create index fact_state_fact_idx on fact_state (project_id, fact_id, id);
-- The list of facts by state: which facts ever were in it, in the order of their ids.
create index fact_state_state_idx on fact_state (project_id, state, fact_id);
comment on table fact_state is 'The states of a fact, one record a change; the newest holds.';
comment on column fact_state.project_id is 'The tenant.';
comment on column fact_state.id is 'UUIDv7; its text form begins with fst_.';
comment on column fact_state.fact_id is 'The fact.';
comment on column fact_state.state is 'proposed, verified, disputed or retracted.';
comment on column fact_state.reason is 'Why.';
comment on column fact_state.key_id is 'The key that said so.';
comment on column fact_state.at is 'When.';

-- No full-text index is used under a policy (its operators are not leakproof), so the search runs as the owner and
-- filters by the project of the transaction itself. It takes the terms parsed: of a text, each row looked at would
-- parse it anew (measured with 2,077 facts: 49 ms a search against 1).
create function search_facts(terms tsquery, most integer)
returns table (id uuid, statement text, rank real)
    language sql stable security definer rows 20
    set search_path = public, pg_temp
    -- An index is the right way at any size; without statistics yet, right after a bulk import, the planner thinks not.
    set enable_seqscan = off
as $$
    select f.id, f.statement, ts_rank_cd(f.terms, search_facts.terms, 1) as rank
    from grounding_fact f
    where f.terms @@ search_facts.terms
      and f.project_id = atr_project()
      and (
          select s.state from fact_state s
          where s.project_id = f.project_id and s.fact_id = f.id
          order by s.id desc limit 1
      ) = 'verified'
    order by rank desc, f.id
    limit least(most, 200)
$$;
