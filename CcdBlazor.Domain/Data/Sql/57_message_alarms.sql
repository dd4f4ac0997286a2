-- What each node's lanes are doing, brought along by its heartbeat.
alter table message_nodes add column if not exists gauges text;

-- What is wrong at the moment, and what people were told of it. One row per trouble; gone once its end was told.
create table if not exists message_alarms (
  key text not null primary key,
  words text not null,
  since timestamptz not null,
  told_at timestamptz,
  cleared_at timestamptz
);
-- One row: when the last digest went out.
create table if not exists message_alarm_digests (
  one boolean not null primary key default true check (one),
  at timestamptz not null
);
