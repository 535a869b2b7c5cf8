-- How a project divides its experts' time.
alter table project
    add column routing_policy jsonb not null
        default '{"double_blind_share": 0.1, "gold_share": 0.05, "exploration_share": 0.1, "domain_floor": 0.5}';
comment on column project.routing_policy is 'How its experts'' time is divided: shares, 0 to 1, of second judgements, gold items, items drawn at random, and items that follow the domains.';
grant update (routing_policy) on project to atr_app;
