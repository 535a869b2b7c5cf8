-- Who wrote what is trained on is told of every row: a program's corrections are no person's.
alter table expert
    add column kind text not null default 'person',
    add constraint expert_kind_known check (kind in ('person', 'program'));
comment on column expert.kind is 'person, or program: a script that reviews.';
