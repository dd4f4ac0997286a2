-- What the bell shows: one row per in-app message. The id is the message's, so a message that is delivered a second time changes nothing.
create table if not exists notices (
  id uuid not null primary key,
  staff_id uuid not null,
  at timestamptz not null,
  read_at timestamptz,
  title text not null,
  text text not null,
  link text                           -- a path of this program, or none
);
create index if not exists ix_notices_staff on notices (staff_id, at desc, id desc);
-- The count on the bell: as small as what is unread.
create index if not exists ix_notices_unread on notices (staff_id) where read_at is null;
