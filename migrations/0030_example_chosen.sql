-- A preference row may set an answer against a right chain of the same question: that chain is under the row too.
alter table example
    add column chosen_trace_id uuid,
    add column chosen_review_id uuid,
    add constraint example_chosen_trace_fkey foreign key (project_id, chosen_trace_id) references error_trace (project_id, id),
    add constraint example_chosen_review_fkey foreign key (project_id, chosen_review_id) references review (project_id, id),
    add constraint example_chosen_whole check ((chosen_trace_id is null) = (chosen_review_id is null));
comment on column example.chosen_trace_id is 'The trace whose answer is the chosen one; null is a correction, or no preference row.';
comment on column example.chosen_review_id is 'The review that finds that answer right.';
