-- Who people are to the provider of OpenID Connect at which they sign in.
alter table person
    add column oidc_issuer text,
    add column oidc_subject text,
    add constraint person_oidc_key unique (project_id, oidc_issuer, oidc_subject),
    add constraint person_oidc_whole check ((oidc_issuer is null) = (oidc_subject is null)),
    add constraint person_oidc_length check (length(oidc_issuer) between 1 and 2000 and length(oidc_subject) between 1 and 255);
comment on column person.oidc_issuer is 'The provider at which they signed in first; null where they signed in at none.';
comment on column person.oidc_subject is 'Who they are to it: unique there, and never given to another.';
grant update (oidc_issuer, oidc_subject) on person to atr_app;
