-- Who sent what came in: what people do stands in the audit log, what comes in in bulk with its batch.

alter table ingest_batch
    add column key_id uuid,
    add column origin text;
create index ingest_batch_key_idx on ingest_batch (project_id, key_id, id);
comment on column ingest_batch.key_id is
    'The key it was sent with; null for a command beside the database, for what workers make, and for batches from before senders were kept. Not bound by a foreign key: an operator''s key is of another project.';
comment on column ingest_batch.origin is 'The address it was sent from; null as the key, and where one transaction stored what came from several.';
