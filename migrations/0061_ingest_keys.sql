-- Idempotency-Key at the doors for lines: how far a body got, so that it is taken in once however often it is sent.
create table ingest_key (
    project_id uuid not null,
    route text not null,
    key text not null,
    done boolean not null,
    position bigint not null,
    lines bigint not null,
    chain bytea not null,
    holder uuid not null,
    held_until timestamptz not null,
    used_at timestamptz not null,
    constraint ingest_key_pkey primary key (project_id, route, key),
    constraint ingest_key_project_fkey foreign key (project_id) references project (id),
    constraint ingest_key_chain_length check (octet_length(chain) = 32),
    constraint ingest_key_position_range check (position >= 0 and lines >= 0)
);
-- What nobody uses any more is removed.
create index ingest_key_used_idx on ingest_key (project_id, used_at);
comment on table ingest_key is 'A body of lines that its sender gave an Idempotency-Key.';
comment on column ingest_key.project_id is 'The tenant.';
comment on column ingest_key.route is 'The path it is sent to.';
comment on column ingest_key.key is 'The sender''s key.';
comment on column ingest_key.done is 'Whether the body was taken in to its end.';
comment on column ingest_key.position is 'How many of its bytes, decompressed, are accounted for.';
comment on column ingest_key.lines is 'How many of its lines these are, blank ones too.';
comment on column ingest_key.chain is 'BLAKE3 of the chain before and the line, line by line: what these bytes are.';
comment on column ingest_key.holder is 'The request that goes on with it.';
comment on column ingest_key.held_until is 'When another request may go on with it, by the database''s clock.';
comment on column ingest_key.used_at is 'When it was used last: a day later it is forgotten.';

create table ingest_answer (
    project_id uuid not null,
    route text not null,
    key text not null,
    line bigint not null,
    outcomes bytea not null,
    constraint ingest_answer_pkey primary key (project_id, route, key, line),
    constraint ingest_answer_key_fkey foreign key (project_id, route, key)
        references ingest_key (project_id, route, key) on delete cascade
);
comment on table ingest_answer is 'What became of the lines of a batch that was sent under a key.';
comment on column ingest_answer.project_id is 'The tenant.';
comment on column ingest_answer.route is 'As in ingest_key.';
comment on column ingest_answer.key is 'As in ingest_key.';
comment on column ingest_answer.line is 'Number of the first of them.';
comment on column ingest_answer.outcomes is 'JSON: a list of the line''s number and what became of it.';

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['ingest_key', 'ingest_answer'] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format(
            'create policy %I on %I using (project_id = atr_project()) with check (project_id = atr_project())',
            tenant_table || '_of_project', tenant_table
        );
        execute format('grant select, insert on %I to atr_app', tenant_table);
    end loop;
end
$$;
grant delete, update (done, position, lines, chain, holder, held_until, used_at) on ingest_key to atr_app;
