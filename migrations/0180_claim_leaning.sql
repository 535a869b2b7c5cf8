-- What all that was found about a claim leans to, where no single fact decides.
alter table claim
    add column leaning text,
    add column likelihood double precision,
    add constraint claim_leaning_known check (leaning in ('likely_true', 'likely_false', 'open')),
    add constraint claim_likelihood_share check (likelihood between 0 and 1),
    add constraint claim_leaning_whole check ((leaning is null) = (likelihood is null));
comment on column claim.leaning is 'What all that was found about it leans to: likely_true, likely_false or open; none where a fact decides or nothing was found. It is no verdict.';
comment on column claim.likelihood is 'How likely it is true by that, 0 to 1.';
