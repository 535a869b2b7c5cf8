-- What was retrieved from sources: each content is kept once, each retrieval is a record, and where the words of facts stand in a copy is told.
alter table grounding_source add column refresh_hours integer;
alter table grounding_source add constraint grounding_source_refresh_range check (refresh_hours between 1 and 87600);
comment on column grounding_source.refresh_hours is 'After how many hours it is to be read again; facts that wait longer are stale. Null: never.';
-- Whether a project has any source that can be stale.
create index grounding_source_refreshed_idx on grounding_source (project_id, id) where refresh_hours is not null;
grant update (refresh_hours) on grounding_source to atr_app;

create table source_copy (
    project_id uuid not null,
    id uuid not null,
    source_id uuid not null,
    blob bytea not null,
    media_type text not null,
    byte_count bigint not null,
    created_at timestamptz not null,
    constraint source_copy_pkey primary key (project_id, id),
    constraint source_copy_source_fkey foreign key (project_id, source_id) references grounding_source (project_id, id),
    constraint source_copy_blob_key unique (project_id, source_id, blob),
    constraint source_copy_blob_length check (octet_length(blob) = 32),
    constraint source_copy_size_positive check (byte_count > 0)
);
create index source_copy_source_idx on source_copy (project_id, source_id, id);
comment on table source_copy is 'A content that a source had, as it was retrieved; its bytes are a blob.';
comment on column source_copy.project_id is 'The tenant.';
comment on column source_copy.id is 'UUIDv7; its text form begins with cpy_.';
comment on column source_copy.source_id is 'The source.';
comment on column source_copy.blob is 'BLAKE3 of the bytes, which names the blob.';
comment on column source_copy.media_type is 'What the bytes are, as who brought them said.';
comment on column source_copy.byte_count is 'How many bytes.';
comment on column source_copy.created_at is 'When it came first.';

create table source_copy_text (
    project_id uuid not null,
    copy_id uuid not null,
    text text,
    cut boolean not null,
    problem text,
    at timestamptz not null,
    constraint source_copy_text_pkey primary key (project_id, copy_id),
    constraint source_copy_text_copy_fkey foreign key (project_id, copy_id) references source_copy (project_id, id),
    constraint source_copy_text_whole check ((text is null) = (problem is not null) and (not cut or text is not null))
);
comment on table source_copy_text is 'The text of a copy, which offsets count in; or why there is none.';
comment on column source_copy_text.project_id is 'The tenant.';
comment on column source_copy_text.copy_id is 'The copy.';
comment on column source_copy_text.text is 'Its text, without markup.';
comment on column source_copy_text.cut is 'Whether the text went on and was cut.';
comment on column source_copy_text.problem is 'Why no text could be read.';
comment on column source_copy_text.at is 'When it was read.';

create table source_retrieval (
    project_id uuid not null,
    id uuid not null,
    source_id uuid not null,
    outcome text not null,
    copy_id uuid,
    url text,
    status integer,
    etag text,
    last_modified text,
    problem text,
    key_id uuid,
    retrieved_at timestamptz not null,
    constraint source_retrieval_pkey primary key (project_id, id),
    constraint source_retrieval_source_fkey foreign key (project_id, source_id) references grounding_source (project_id, id),
    constraint source_retrieval_copy_fkey foreign key (project_id, copy_id) references source_copy (project_id, id),
    constraint source_retrieval_outcome_known check (outcome in ('changed', 'unchanged', 'failed')),
    constraint source_retrieval_whole check ((copy_id is null) = (outcome = 'failed') and (problem is not null) = (outcome = 'failed'))
);
create index source_retrieval_source_idx on source_retrieval (project_id, source_id, id);
-- The newest that brought something: which copy is current, and when the source was read last.
create index source_retrieval_current_idx on source_retrieval (project_id, source_id, id) where copy_id is not null;
comment on table source_retrieval is 'A reading of a source: what it had, or why that could not be told.';
comment on column source_retrieval.project_id is 'The tenant.';
comment on column source_retrieval.id is 'UUIDv7; its text form begins with rtv_.';
comment on column source_retrieval.source_id is 'The source.';
comment on column source_retrieval.outcome is 'changed, unchanged or failed.';
comment on column source_retrieval.copy_id is 'What it had.';
comment on column source_retrieval.url is 'Where it was fetched, at the end of all redirects; null where someone sent it.';
comment on column source_retrieval.status is 'The status of the answer; null where there was none or someone sent it.';
comment on column source_retrieval.etag is 'The validator that came with it.';
comment on column source_retrieval.last_modified is 'The date that came with it.';
comment on column source_retrieval.problem is 'Why it failed.';
comment on column source_retrieval.key_id is 'The key that sent it; null where it was fetched.';
comment on column source_retrieval.retrieved_at is 'When it was read.';

create table quote_place (
    project_id uuid not null,
    copy_id uuid not null,
    fact_id uuid not null,
    standing text not null,
    similarity double precision not null,
    span_start integer,
    span_end integer,
    passage text,
    constraint quote_place_pkey primary key (project_id, copy_id, fact_id),
    constraint quote_place_copy_fkey foreign key (project_id, copy_id) references source_copy (project_id, id),
    constraint quote_place_fact_fkey foreign key (project_id, fact_id) references grounding_fact (project_id, id),
    constraint quote_place_standing_known check (standing in ('stands', 'differs', 'missing')),
    constraint quote_place_similarity_range check (similarity between 0 and 1),
    constraint quote_place_span_whole check (
        (span_start is null) = (span_end is null) and (span_start is null) = (passage is null)
        and (span_start is null) = (standing = 'missing') and span_start < span_end
    )
);
create index quote_place_fact_idx on quote_place (project_id, fact_id, copy_id);
-- What of a copy is to be looked at.
create index quote_place_standing_idx on quote_place (project_id, copy_id, standing, fact_id);
comment on table quote_place is 'Where the words that a fact quotes stand in a copy of its source.';
comment on column quote_place.project_id is 'The tenant.';
comment on column quote_place.copy_id is 'The copy.';
comment on column quote_place.fact_id is 'The fact.';
comment on column quote_place.standing is 'stands, differs or missing.';
comment on column quote_place.similarity is 'The share of the quoted words that stand there, in order, 0 to 1.';
comment on column quote_place.span_start is 'The first byte of the passage in the copy''s text.';
comment on column quote_place.span_end is 'The byte after its last.';
comment on column quote_place.passage is 'The passage.';

-- Against which copy a fact was verified, and which fact holds instead of one that held.
alter table fact_state add column copy_id uuid, add column quote_start integer, add column quote_end integer, add column successor_id uuid;
alter table fact_state drop constraint fact_state_known;
alter table fact_state add constraint fact_state_known
    check (state in ('proposed', 'verified', 'disputed', 'retracted', 'superseded'));
alter table fact_state add constraint fact_state_copy_fkey foreign key (project_id, copy_id) references source_copy (project_id, id);
alter table fact_state add constraint fact_state_successor_fkey
    foreign key (project_id, successor_id) references grounding_fact (project_id, id);
alter table fact_state add constraint fact_state_quote_whole
    check ((quote_start is null) = (quote_end is null) and (quote_start is null or copy_id is not null));
alter table fact_state add constraint fact_state_successor_whole check ((successor_id is not null) = (state = 'superseded'));
create index fact_state_successor_idx on fact_state (project_id, successor_id, id) where successor_id is not null;
comment on column fact_state.state is 'proposed, verified, disputed, retracted or superseded.';
comment on column fact_state.copy_id is 'The copy of its source that it was held against as it was verified.';
comment on column fact_state.quote_start is 'The first byte of its quoted words in that copy''s text.';
comment on column fact_state.quote_end is 'The byte after their last.';
comment on column fact_state.successor_id is 'The fact that holds instead of it.';

-- Which review proposed a fact.
alter table grounding_fact add column review_id uuid;
create index grounding_fact_review_idx on grounding_fact (project_id, review_id, id) where review_id is not null;
comment on column grounding_fact.review_id is 'The review whose cited correction proposed it.';

alter table citation drop constraint citation_state_known;
alter table citation add constraint citation_state_known check (
    state in ('verified', 'misquoted', 'not_in_source', 'unknown_source', 'stale', 'retracted', 'unreachable')
);
-- Where in a copy the content of a citation stands.
alter table citation add column copy_id uuid, add column copy_start integer, add column copy_end integer;
alter table citation add constraint citation_copy_fkey foreign key (project_id, copy_id) references source_copy (project_id, id);
alter table citation add constraint citation_copy_whole
    check ((copy_start is null) = (copy_end is null) and (copy_start is null or copy_id is not null));
-- Which answers are to be looked at again once a source has changed, or a fact of it has come into another state.
create index citation_source_trace_idx on citation (project_id, source_id, trace_id)
    where source_id is not null and verification_id is not null;
comment on column citation.copy_id is 'The copy of the source that it was held against.';
comment on column citation.copy_start is 'The first byte of the nearest passage in that copy''s text.';
comment on column citation.copy_end is 'The byte after its last.';

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['source_copy', 'source_copy_text', 'source_retrieval', 'quote_place'] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format(
            'create policy %I on %I using (project_id = atr_project()) with check (project_id = atr_project())',
            tenant_table || '_of_project', tenant_table
        );
        execute format('grant select, insert on %I to atr_app', tenant_table);
    end loop;
end
$$;
