-- A tenant sees its own rows alone. Programs run as atr_app, which owns nothing.
do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array[
        'expert', 'api_key', 'model_version', 'chain_group', 'error_trace', 'trace_key', 'reasoning_step',
        'quarantined_item', 'ingest_batch', 'grounding_source', 'grounding_fact', 'fact_state', 'verification',
        'claim', 'consensus', 'review', 'review_key', 'citation', 'score', 'assignment', 'example', 'evaluation_case',
        'snapshot', 'snapshot_member', 'snapshot_held_out', 'curation_decision', 'snapshot_row', 'snapshot_file', 'lineage_edge',
        'training_job', 'job_event', 'evaluation', 'promotion'
    ] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format(
            'create policy %I on %I using (project_id = atr_project()) with check (project_id = atr_project())',
            tenant_table || '_of_project', tenant_table
        );
        execute format('grant select, insert on %I to atr_app', tenant_table);
    end loop;
end
$$;

alter table project enable row level security;
create policy project_itself on project using (id = atr_project()) with check (id = atr_project());
grant select, insert, update (max_backlog) on project to atr_app;

-- Only what has states may be updated, and only the columns of the state.
grant update (state, merkle_root, manifest_hash, counts, error, sealed_at) on snapshot to atr_app;
grant update (state, attempt, specification, error, produced_model_id, started_at, finished_at) on training_job to atr_app;
grant update (revoked_at) on api_key to atr_app;
grant update (domains, languages, weekly_capacity, active) on expert to atr_app;

grant select, insert, update, delete on task to atr_app;
-- Stages are the installation's, not a project's.
grant select, insert, update (resumed_at, resumed_by) on stage_pause to atr_app;

-- A key is looked up before its project is known.
create function authenticate(hash bytea)
returns table (key_id uuid, project_id uuid, role text, expert_id uuid, expires_at timestamptz)
    language sql stable security definer
    set search_path = public, pg_temp
as $$
    select k.id, k.project_id, k.role, k.expert_id, k.expires_at
    from api_key k
    where k.token_hash = hash and k.revoked_at is null
$$;

-- For operators and start-up, which serve every project.
create function list_projects(after uuid, most integer)
returns table (id uuid, slug text, name text, max_backlog integer, created_at timestamptz)
    language sql stable security definer
    set search_path = public, pg_temp
as $$
    select p.id, p.slug, p.name, p.max_backlog, p.created_at from project p
    where after is null or p.id > after
    order by p.id limit least(most, 1000)
$$;

create function find_project(named text)
returns table (id uuid, slug text, name text, max_backlog integer, created_at timestamptz)
    language sql stable security definer
    set search_path = public, pg_temp
as $$
    select p.id, p.slug, p.name, p.max_backlog, p.created_at from project p where p.slug = named
$$;

revoke execute on function authenticate, list_projects, find_project, search_facts from public;
grant execute on function authenticate, list_projects, find_project, search_facts, atr_project to atr_app;
