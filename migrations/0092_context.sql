-- What was said before the query: the earlier turns of a conversation.
alter table error_trace add column context jsonb not null default '[]';
comment on column error_trace.context is 'The earlier turns of the conversation, in order: objects of role and text.';
