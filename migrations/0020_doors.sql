-- What the lists of the API can be filtered by, and every project as pages.
create index reasoning_step_kind_idx on reasoning_step (project_id, kind, id);
create index claim_verdict_idx on claim (project_id, verdict, id);
create index example_format_idx on example (project_id, format, id);
create index error_trace_source_idx on error_trace (project_id, source, id);
-- Each row stands in one of the two.
create index error_trace_circular_idx on error_trace (project_id, id) where circular_support;
create index error_trace_straight_idx on error_trace (project_id, id) where not circular_support;
create index score_below_zero_idx on score (project_id, id) where reward < 0;
create index score_from_zero_idx on score (project_id, id) where reward >= 0;

-- Projects by their ids, from the newest or from the oldest. A branch each, so that either walks the key.
create function projects_page(after uuid, before uuid, from_end boolean, most integer)
returns table (id uuid, slug text, name text, max_backlog integer, created_at timestamptz)
    language plpgsql stable security definer
    set search_path = public, pg_temp
as $$
begin
    after := coalesce(after, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
    before := coalesce(before, '00000000-0000-0000-0000-000000000000');
    if from_end then
        return query select p.id, p.slug, p.name, p.max_backlog, p.created_at from project p
            where p.id < after and p.id > before order by p.id limit least(most, 201);
    else
        return query select p.id, p.slug, p.name, p.max_backlog, p.created_at from project p
            where p.id < after and p.id > before order by p.id desc limit least(most, 201);
    end if;
end
$$;
revoke execute on function projects_page from public;
grant execute on function projects_page to atr_app;
