-- Where chains part ways and how sure each is; the first suspect step of a trace's reasoning.
alter table consensus
    add column entropy double precision,
    add column representative_id uuid,
    add column confidences jsonb not null default '{}',
    add column divergences jsonb not null default '[]',
    add constraint consensus_entropy_positive check (entropy >= 0);
comment on column consensus.entropy is 'How far the vote is spread over the answers: the entropy of their shares, in nats; none where it was not kept yet.';
comment on column consensus.representative_id is 'The trace whose chain stands for the agreed answer; none where none answered.';
comment on column consensus.confidences is 'By trace id: the chance that its answer is right, 0 to 1.';
comment on column consensus.divergences is 'Where each dissenter that answered parts ways with the representative.';

alter table score
    add column first_suspect integer,
    add constraint score_first_suspect_place check (first_suspect >= 0);
comment on column score.first_suspect is 'The place, from 0, of the step in which the first mistake was made, as far as the rules found one.';

comment on column consensus.agreed_answer is 'The likeliest answer of those that chains give; empty where none answered.';
comment on column consensus.confidence is 'The chance that it is right, as far as the chains and their models'' records tell, 0 to 1.';
