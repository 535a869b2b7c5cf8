-- What is replaced in texts before they are stored.
alter table project
    add column redacted_patterns text[] not null default '{}',
    add constraint project_redacted_patterns_known check (redacted_patterns <@ array['email', 'phone', 'card', 'secret']);
comment on column project.redacted_patterns is 'What is replaced in texts before they are stored: e-mail addresses, telephone numbers, payment cards, secrets.';
grant update (redacted_patterns) on project to atr_app;
