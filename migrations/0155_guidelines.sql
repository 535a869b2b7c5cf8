-- How answers are to be judged, by domain; each review names the version it followed.
create table guideline (
    project_id uuid not null,
    id uuid not null,
    domain text not null,
    version integer not null,
    text text not null,
    written_at timestamptz not null,
    constraint guideline_pkey primary key (project_id, id),
    constraint guideline_version_key unique (project_id, domain, version),
    constraint guideline_project_fkey foreign key (project_id) references project (id),
    constraint guideline_version_counts check (version >= 1)
);
comment on table guideline is 'How answers of a domain are to be judged. A new text is a new version.';
comment on column guideline.project_id is 'The tenant.';
comment on column guideline.id is 'UUIDv7; its text form begins with gdl_.';
comment on column guideline.domain is 'The domain; empty is every domain that has none of its own.';
comment on column guideline.version is 'From 1; the highest of a domain holds.';
comment on column guideline.text is 'What it says, as Markdown.';
comment on column guideline.written_at is 'When.';
alter table review
    add column guideline_id uuid,
    add constraint review_guideline_fkey foreign key (project_id, guideline_id) references guideline (project_id, id);

alter table guideline enable row level security;
create policy guideline_of_project on guideline
    using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert on guideline to atr_app;
comment on column review.guideline_id is 'The version of the guideline that was followed.';
