-- The dependents of a thing in the order of their ids and, of one, of relation: both directions are now ordered alike.
drop index lineage_edge_to_idx;
create index lineage_edge_to_idx on lineage_edge (project_id, to_kind, to_id, from_kind, from_id, relation);
