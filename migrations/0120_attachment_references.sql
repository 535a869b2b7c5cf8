-- What refers to attached pictures, by their content: a trace may name what comes later, all else names what is there.
create table attachment_reference (
    project_id uuid not null,
    record_id uuid not null,
    record_kind text not null,
    place integer not null,
    blob bytea not null,
    trace_id uuid,
    step_ordinal integer,
    fact_id uuid,
    review_id uuid,
    attached_blob bytea generated always as (case when record_kind <> 'trc' then blob end) stored,
    constraint attachment_reference_pkey primary key (project_id, record_id, blob),
    constraint attachment_reference_project_fkey foreign key (project_id) references project (id),
    constraint attachment_reference_attachment_fkey
        foreign key (project_id, attached_blob) references attachment (project_id, blob),
    constraint attachment_reference_trace_fkey foreign key (project_id, trace_id) references error_trace (project_id, id),
    constraint attachment_reference_step_fkey
        foreign key (project_id, trace_id, step_ordinal) references reasoning_step (project_id, trace_id, ordinal),
    constraint attachment_reference_fact_fkey foreign key (project_id, fact_id) references grounding_fact (project_id, id),
    constraint attachment_reference_review_fkey foreign key (project_id, review_id) references review (project_id, id),
    constraint attachment_reference_kind_known check (record_kind in ('trc', 'stp', 'fct', 'rev')),
    constraint attachment_reference_record_whole check (
        case record_kind
            when 'trc' then trace_id is not distinct from record_id and num_nonnulls(step_ordinal, fact_id, review_id) = 0
            when 'stp' then num_nonnulls(trace_id, step_ordinal) = 2 and num_nonnulls(fact_id, review_id) = 0
            when 'fct' then fact_id is not distinct from record_id and num_nonnulls(trace_id, step_ordinal, review_id) = 0
            when 'rev' then review_id is not distinct from record_id and num_nonnulls(trace_id, step_ordinal, fact_id) = 0
        end
    ),
    constraint attachment_reference_place_natural check (place >= 0),
    constraint attachment_reference_blob_length check (octet_length(blob) = 32)
);
create index attachment_reference_blob_idx on attachment_reference (project_id, blob, record_id);
comment on table attachment_reference is 'A record and a picture that it refers to, by the picture''s content.';
comment on column attachment_reference.project_id is 'The tenant.';
comment on column attachment_reference.record_id is 'What refers to it.';
comment on column attachment_reference.record_kind is 'What kind of record that is, as its id begins: trc, stp, fct or rev.';
comment on column attachment_reference.place is 'Its place among what the record refers to, from 0.';
comment on column attachment_reference.blob is 'BLAKE3 of the picture.';
comment on column attachment_reference.trace_id is 'The trace that refers to it, or that the step is of.';
comment on column attachment_reference.step_ordinal is 'The step''s place in its trace.';
comment on column attachment_reference.fact_id is 'The fact that refers to it.';
comment on column attachment_reference.review_id is 'The review that refers to it.';
comment on column attachment_reference.attached_blob is 'The picture, where it has to be there; null for a trace, which may come before it.';

alter table attachment_reference enable row level security;
create policy attachment_reference_of_project on attachment_reference
    using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert on attachment_reference to atr_app;

-- What traces named up to now; of content that a trace names twice, the first time.
insert into attachment_reference (project_id, record_id, record_kind, place, blob, trace_id)
    select t.project_id, t.id, 'trc', named.place - 1, decode(named.file ->> 'digest', 'hex'), t.id
    from error_trace t, jsonb_array_elements(t.attachments) with ordinality as named (file, place)
    order by t.project_id, t.id, named.place
    on conflict (project_id, record_id, blob) do nothing;
