-- The facts that a claim could be held against, found among millions. What is searched are verified facts alone, by words that bear their
-- project, so that the postings of one project are its own however many facts another has. How many facts a word is in, and how many have
-- two words at once, is told by a sample of each word's facts, so that who searches asks for so few facts that all can be ranked.
create extension if not exists btree_gin;

alter table grounding_fact add column verified boolean not null default false;
comment on column grounding_fact.verified is 'Whether its newest state is verified: what is searched. Kept by triggers.';
update grounding_fact f set verified = true
where (
    select s.state from fact_state s
    where s.project_id = f.project_id and s.fact_id = f.id
    order by s.id desc limit 1
) = 'verified';

-- The end of a project's id is random: words of two projects hardly ever meet, and where they do, the search looks at the id itself.
create function fact_key(project uuid) returns text
    language sql immutable parallel safe
    return right(project::text, 8);

create function fact_keys(project uuid, terms tsvector) returns tsvector
    language sql immutable parallel safe
    return array_to_tsvector(array(select fact_key(project) || t.word from unnest(tsvector_to_array(terms)) t (word)));

create function fact_keys(project uuid, terms tsquery) returns tsquery
    language sql immutable parallel safe
    return regexp_replace(terms::text, '''((?:[^'']|'''')*)''', '''' || fact_key(project) || '\1''', 'g')::tsquery;

-- What waits to be sorted into the index is read by every search: little may wait.
create index grounding_fact_keys_idx on grounding_fact using gin (fact_keys(project_id, terms))
    with (gin_pending_list_limit = 256) where verified;

create table fact_word (
    project_id uuid not null,
    word text collate "C" not null,
    constraint fact_word_pkey primary key (project_id, word)
);
create index fact_word_alike_idx on fact_word using gin (project_id, word gin_trgm_ops) with (gin_pending_list_limit = 256);
comment on table fact_word is 'The vocabulary of facts: each word, as it is searched for, that ever was in a verified one.';
comment on column fact_word.project_id is 'The tenant.';
comment on column fact_word.word is 'The word, as the search knows it: its stem.';

create table fact_word_sample (
    project_id uuid not null,
    word text collate "C" not null,
    place integer not null,
    constraint fact_word_sample_pkey primary key (project_id, word, place)
);
comment on table fact_word_sample is 'Of one verified fact in sixteen, the words, and the empty one: how many facts have a word is told by it.';
comment on column fact_word_sample.project_id is 'The tenant.';
comment on column fact_word_sample.word is 'The word, as the search knows it; empty for every fact.';
comment on column fact_word_sample.place is 'A number from 0 to 2^28 that is the same for all words of a fact and random otherwise.';

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['fact_word', 'fact_word_sample'] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format(
            'create policy %I on %I using (project_id = atr_project()) with check (project_id = atr_project())',
            tenant_table || '_of_project', tenant_table
        );
        execute format('grant select, insert on %I to atr_app', tenant_table);
    end loop;
end
$$;

-- By what the curator calls it, so that the same facts give the same sample wherever they are entered.
create function fact_place(external_id text) returns bigint
    language sql immutable parallel safe
    return hashtext(external_id)::bigint & 4294967295;

-- Facts that are verified are entered into the vocabulary and the sample; those that are so no more leave the sample.
create function note_fact_words() returns trigger
    language plpgsql security definer
    set search_path = public, pg_temp
as $$
begin
    if tg_op = 'UPDATE' then
        delete from fact_word_sample s using before b
        join after a using (project_id, id)
        cross join unnest(tsvector_to_array(b.terms) || array['']) w (word)
        where b.verified and not a.verified and fact_place(b.external_id) < 268435456
          and s.project_id = b.project_id and s.word = w.word and s.place = fact_place(b.external_id);
    end if;
    -- In one order everywhere, so that transactions with the same words wait for each other and never in a ring.
    insert into fact_word (project_id, word)
    select distinct a.project_id, w.word collate "C" as word
    from after a cross join unnest(tsvector_to_array(a.terms)) w (word)
    where a.verified
    order by 1, 2
    on conflict do nothing;
    insert into fact_word_sample (project_id, word, place)
    select a.project_id, w.word collate "C" as word, fact_place(a.external_id)
    from after a cross join unnest(tsvector_to_array(a.terms) || array['']) w (word)
    where a.verified and fact_place(a.external_id) < 268435456
    order by 1, 2, 3
    on conflict do nothing;
    return null;
end
$$;
create trigger grounding_fact_entered after insert on grounding_fact
    referencing new table as after for each statement execute function note_fact_words();
create trigger grounding_fact_changed after update on grounding_fact
    referencing old table as before new table as after for each statement execute function note_fact_words();

-- A fact's newest state is where it is searched, in the transaction in which the state is entered. What enters a fact and its state says so
-- at once: then there is nothing to change here.
create function note_fact_verified() returns trigger
    language plpgsql security definer
    set search_path = public, pg_temp
as $$
begin
    update grounding_fact f set verified = newest.verified
    from (select distinct project_id, fact_id from entered) e
    cross join lateral (
        select s.state = 'verified' as verified from fact_state s
        where s.project_id = e.project_id and s.fact_id = e.fact_id
        order by s.id desc limit 1
    ) newest
    where f.project_id = e.project_id and f.id = e.fact_id and f.verified <> newest.verified;
    return null;
end
$$;
create trigger fact_state_entered after insert on fact_state
    referencing new table as entered for each statement execute function note_fact_verified();
revoke execute on function note_fact_words, note_fact_verified from public;

insert into fact_word (project_id, word)
select distinct f.project_id, w.word from grounding_fact f cross join unnest(tsvector_to_array(f.terms)) w (word) where f.verified;
insert into fact_word_sample (project_id, word, place)
select f.project_id, w.word, fact_place(f.external_id)
from grounding_fact f cross join unnest(tsvector_to_array(f.terms) || array['']) w (word)
where f.verified and fact_place(f.external_id) < 268435456
on conflict do nothing;

-- The words of claims, with samples of the facts that have them: the places of at most so many facts, the least first. Of a word that no
-- fact ever had, unless it has a digit in it, those that are spelt alike, with the word as asked.
create function sample_fact_words(texts text[], most integer)
returns table (claims integer[], asked text, word text, places integer[])
    language plpgsql stable security definer rows 100
    set search_path = public, pg_temp
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
    set pg_trgm.similarity_threshold = 0.4
as $$
declare
    project constant uuid := atr_project();
begin
    return query
    with split as (
        select c.at::integer as at, w.word collate "C" as word
        from unnest(texts) with ordinality c (text, at)
        cross join unnest(tsvector_to_array(to_tsvector('english', c.text))) w (word)
    ), asked as materialized (
        select a.word, a.claims, k.word is not null as known
        from (select s.word, array_agg(s.at order by s.at) as claims from split s group by 1) a
        left join lateral (select f.word from fact_word f where f.project_id = project and f.word = a.word limit 1) k on true
    )
    select a.claims, a.word, alike.word, array(
        select s.place from fact_word_sample s where s.project_id = project and s.word = alike.word order by s.place limit most
    )
    from asked a
    cross join lateral (
        select a.word where a.known
        union all
        (
            select f.word from fact_word f
            where not a.known and a.word ~ '^\D{4,40}$' and f.project_id = project and f.word % a.word
            order by similarity(f.word, a.word) desc, f.word limit 3
        )
    ) alike (word);
end
$$;

-- The best of the verified facts that a query asks for: those first that have the most of the words by which another ranks them, and the
-- shortest of these. Who asks sees to it that they are few (by the samples above); where one statement was entered thousands of times, the
-- first in the order in which they are stored are ranked.
create function find_facts(asked tsquery, ranked tsquery, most integer)
returns table (id uuid, statement text, rank real)
    language plpgsql stable security definer rows 20
    set search_path = public, pg_temp
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
as $$
declare
    project constant uuid := atr_project();
    keys constant tsquery := fact_keys(project, asked);
begin
    return query
    select f.id, f.statement, ts_rank(f.terms, ranked, 1) as rank
    from (
        select g.id, g.statement, g.terms from grounding_fact g
        where g.verified and g.project_id = project and fact_keys(g.project_id, g.terms) @@ keys
        limit 5000
    ) f
    order by 3 desc, f.id
    limit least(most, 200);
end
$$;
revoke execute on function sample_fact_words, find_facts from public;
grant execute on function sample_fact_words, find_facts to atr_app;

-- What people search for, over the same index: it holds words without places, so the words that a query needs are looked up there, and the
-- query itself is held against what they find. A query that only denies finds nothing.
create or replace function search_facts(terms tsquery, most integer)
returns table (id uuid, statement text, rank real)
    language plpgsql stable security definer rows 20
    set search_path = public, pg_temp
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
as $$
declare
    project constant uuid := atr_project();
    needed constant text := querytree(terms);
    keys tsquery;
begin
    if needed in ('', 'T') then
        return;
    end if;
    keys := fact_keys(project, regexp_replace(needed, '<(\d+|-)>', '&', 'g')::tsquery);
    return query
    select f.id, f.statement, ts_rank_cd(f.terms, search_facts.terms, 1) as rank
    from grounding_fact f
    where f.verified and f.project_id = project and fact_keys(f.project_id, f.terms) @@ keys and f.terms @@ search_facts.terms
    order by 3 desc, f.id
    limit least(most, 200);
end
$$;
drop index grounding_fact_terms_idx;
