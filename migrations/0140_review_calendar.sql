-- When the cycles of a project's weekly review open and are due.
alter table project
    add column review_calendar jsonb not null
        default '{"time_zone": "UTC", "opens_on": "monday", "opens_at": "00:00", "due_on": "friday", "due_at": "17:00"}';
comment on column project.review_calendar is 'When its weekly review opens and is due: a time zone of IANA, and two local times of the week.';
grant update (review_calendar) on project to atr_app;

comment on column assignment.cycle is 'The cycle it is for, by its name: the date on which that opens by the calendar of its day.';
