-- Whether this installation was ever given a key: asked at start-up, before any project is known.
create function has_key() returns boolean
    language sql stable security definer
    set search_path = public, pg_temp
as $$
    select exists (select from api_key)
$$;
revoke execute on function has_key from public;
grant execute on function has_key to atr_app;

-- What once rested on a fact, a page at a time in the order of the traces.
create index claim_fact_trace_idx on claim (project_id, deciding_fact_id, trace_id) where deciding_fact_id is not null;

comment on column ingest_batch.filtered is 'Items that a rule of the project keeps out; there is no such rule yet, so it is 0.';
