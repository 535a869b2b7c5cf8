-- What was read in attached pictures. Reading one again adds a reading, and the newest holds.
create table attachment_text (
    project_id uuid not null,
    attachment_id uuid not null,
    reading integer not null,
    outcome text not null,
    text text,
    cut boolean not null,
    program text,
    languages text[] not null,
    problem text,
    at timestamptz not null,
    constraint attachment_text_pkey primary key (project_id, attachment_id, reading),
    constraint attachment_text_project_fkey foreign key (project_id) references project (id),
    constraint attachment_text_attachment_fkey foreign key (project_id, attachment_id) references attachment (project_id, id),
    constraint attachment_text_reading_positive check (reading > 0),
    constraint attachment_text_outcome_known check (outcome in ('read', 'no_text', 'no_program', 'timed_out', 'failed')),
    constraint attachment_text_text_whole check ((text is not null) = (outcome = 'read') and (not cut or outcome = 'read')),
    constraint attachment_text_program_whole check ((program is null) = (outcome = 'no_program')),
    constraint attachment_text_problem_whole check ((problem is not null) = (outcome in ('no_program', 'failed')))
);
comment on table attachment_text is 'A reading of the text in an attached picture: the text, or why there is none.';
comment on column attachment_text.project_id is 'The tenant.';
comment on column attachment_text.attachment_id is 'The picture.';
comment on column attachment_text.reading is 'The number of the reading, from 1; the highest holds.';
comment on column attachment_text.outcome is 'read, no_text, no_program, timed_out or failed.';
comment on column attachment_text.text is 'What stands in the picture, after redaction.';
comment on column attachment_text.cut is 'Whether the text went on and was cut.';
comment on column attachment_text.program is 'The program that read, with its version.';
comment on column attachment_text.languages is 'The language data that it read with.';
comment on column attachment_text.problem is 'What the program said where it failed, or why it could not be started.';
comment on column attachment_text.at is 'When it was read.';

alter table attachment_text enable row level security;
create policy attachment_text_of_project on attachment_text
    using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert on attachment_text to atr_app;
