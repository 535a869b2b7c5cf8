-- The formula of a project's reward, version by version; each score keeps the weights it was made by, and what its citations are worth.
create table reward_formula (
    project_id uuid not null,
    version integer not null,
    weights jsonb not null,
    note text,
    key_id uuid,
    set_at timestamptz not null,
    constraint reward_formula_pkey primary key (project_id, version),
    constraint reward_formula_project_fkey foreign key (project_id) references project (id),
    constraint reward_formula_key_fkey foreign key (project_id, key_id) references api_key (project_id, id),
    constraint reward_formula_version_counts check (version >= 1)
);
comment on table reward_formula is 'How much each term of the reward counts. A change is a new version, by which all is scored again.';
comment on column reward_formula.project_id is 'The tenant.';
comment on column reward_formula.version is 'From 1; the highest of a project holds. A project without one has the weights that the program brings.';
comment on column reward_formula.weights is 'The weight of each term, 0 to 1000.';
comment on column reward_formula.note is 'Why it was set, as far as anyone said.';
comment on column reward_formula.key_id is 'The key it was set with; null for a command beside the database.';
comment on column reward_formula.set_at is 'When.';

alter table reward_formula enable row level security;
create policy reward_formula_of_project on reward_formula
    using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert on reward_formula to atr_app;

-- The default gives the scores that are there the weights that the program had when it made them.
alter table score
    add column citation_term double precision,
    add column formula_version integer,
    add column weights jsonb not null
        default '{"expert": 4, "support": 2, "unverifiable": 0.5, "consistency": 1, "citations": 0, "model": 1, "feedback": 0.5}',
    add constraint score_citation_range check (citation_term between -1 and 1),
    add constraint score_formula_fkey foreign key (project_id, formula_version) references reward_formula (project_id, version);
alter table score alter column weights drop default;
comment on column score.citation_term is 'The quality of its citations, -1 (none holds) to 1 (all hold); null where it cites nothing that is known here.';
comment on column score.formula_version is 'The version of the project''s formula it was made by; null where the project had set none.';
comment on column score.weights is 'The weight of each term by which it was made.';
