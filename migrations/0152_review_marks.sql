-- What a review says of single steps and claims.
alter table review
    add column step_marks jsonb not null default '[]',
    add column claim_marks jsonb not null default '[]';
comment on column review.step_marks is 'What was found of single steps, in their order.';
comment on column review.claim_marks is 'What was found of single claims.';
