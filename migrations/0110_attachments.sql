-- Attached pictures: what is kept of them beside their bytes, which are a blob that projects share.
create table attachment (
    project_id uuid not null,
    id uuid not null,
    blob bytea not null,
    sha256 bytea not null,
    media_type text not null,
    byte_count bigint not null,
    width integer not null,
    height integer not null,
    created_at timestamptz not null,
    constraint attachment_pkey primary key (project_id, id),
    constraint attachment_project_fkey foreign key (project_id) references project (id),
    constraint attachment_blob_key unique (project_id, blob),
    constraint attachment_blob_length check (octet_length(blob) = 32),
    constraint attachment_sha256_length check (octet_length(sha256) = 32),
    constraint attachment_media_type_known
        check (media_type in ('image/png', 'image/jpeg', 'image/webp', 'image/gif')),
    constraint attachment_size_positive check (byte_count > 0 and width > 0 and height > 0)
);
comment on table attachment is 'A picture that was attached, by its content. A blob without one of these is nobody''s.';
comment on column attachment.project_id is 'The tenant.';
comment on column attachment.id is 'UUIDv7; its text form begins with att_.';
comment on column attachment.blob is 'BLAKE3 of what is kept, which names the blob.';
comment on column attachment.sha256 is 'SHA-256 of what is kept.';
comment on column attachment.media_type is 'What the bytes are, as they themselves say it.';
comment on column attachment.byte_count is 'How many bytes are kept.';
comment on column attachment.width is 'Pixels across, as it is shown.';
comment on column attachment.height is 'Pixels down, as it is shown.';
comment on column attachment.created_at is 'When it came first.';

alter table attachment enable row level security;
create policy attachment_of_project on attachment
    using (project_id = atr_project()) with check (project_id = atr_project());
grant select, insert on attachment to atr_app;
