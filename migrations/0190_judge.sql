-- What a judge said where the rules decide nothing, with what it was asked; and how many calls of it each day took.
create table judge_opinion (
    project_id uuid not null,
    id uuid not null,
    model text not null,
    prompt_hash bytea not null,
    prompt text not null,
    answer text not null,
    input_tokens integer,
    output_tokens integer,
    at timestamptz not null,
    constraint judge_opinion_pkey primary key (project_id, id),
    constraint judge_opinion_prompt_key unique (project_id, model, prompt_hash),
    constraint judge_opinion_hash_length check (octet_length(prompt_hash) = 32),
    constraint judge_opinion_tokens check (input_tokens >= 0 and output_tokens >= 0)
);
comment on table judge_opinion is 'What a judge answered to a prompt. The same prompt is not sent twice.';
comment on column judge_opinion.project_id is 'The tenant.';
comment on column judge_opinion.id is 'UUIDv7; its text form begins with jop_.';
comment on column judge_opinion.model is 'The model that was asked, as its endpoint knows it.';
comment on column judge_opinion.prompt_hash is 'BLAKE3 of the prompt.';
comment on column judge_opinion.prompt is 'The messages that were sent, as JSON.';
comment on column judge_opinion.answer is 'The text that came back, as received; empty where there was none or it was longer than is read. What it decides is written with the claim.';
comment on column judge_opinion.input_tokens is 'How many tokens the prompt had, as the endpoint counts; null where it does not tell.';
comment on column judge_opinion.output_tokens is 'How many tokens the answer had, as the endpoint counts; null where it does not tell.';
comment on column judge_opinion.at is 'When it was received.';

create table judge_day (
    project_id uuid not null,
    day date not null,
    calls integer not null,
    constraint judge_day_pkey primary key (project_id, day),
    constraint judge_day_calls_positive check (calls >= 0)
);
comment on table judge_day is 'How many calls of a judge were taken for a project on a day, before they were sent: what bounds its cost.';
comment on column judge_day.project_id is 'The tenant.';
comment on column judge_day.day is 'The day, in UTC.';
comment on column judge_day.calls is 'How many calls.';

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['judge_opinion', 'judge_day'] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format(
            'create policy %I on %I using (project_id = atr_project()) with check (project_id = atr_project())',
            tenant_table || '_of_project', tenant_table
        );
        execute format('grant select, insert on %I to atr_app', tenant_table);
    end loop;
end
$$;
grant update (calls) on judge_day to atr_app;

alter table claim
    add column opinion_id uuid,
    add constraint claim_opinion_fkey foreign key (project_id, opinion_id) references judge_opinion (project_id, id);
comment on column claim.opinion_id is 'What a judge was asked about it and said, whether it decided or not; null where none was asked.';
comment on column claim.verdict is 'supported, contradicted or unverifiable: by the rules, and where they decide nothing by a judge that quotes the deciding fact.';
comment on column claim.score is 'How sure the rule is, 0 to 1; where a judge decided, the share of the claim''s words that stand in the sentence it quotes.';
