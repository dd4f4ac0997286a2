-- What became of the messages of API keys, waiting until a broker has confirmed it. The rows are written by triggers on messages, so every way in
-- which a state changes is covered in its own commit. The triggers exist only where receipts are passed on: the first start with a broker makes them.
create table if not exists caller_receipts (
  seq bigint generated always as identity primary key,
  message_id uuid not null,
  caller uuid not null,
  at timestamptz not null,
  state smallint not null,            -- 0 when the message was accepted, else its state
  channel smallint not null,
  code text,
  reason text
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

create or replace function caller_receipts_accepted() returns trigger language plpgsql as $$
begin
  insert into caller_receipts (message_id, caller, at, state, channel)
  select n.id, n.caller, n.accepted_at, 0, n.channel from new_rows n where n.caller in (select id from api_keys);
  return null;
end
$$;

-- Without nested loops: a session's first update of one message would plan one, and compare every pair of a later group of a thousand.
create or replace function caller_receipts_changed() returns trigger language plpgsql set enable_nestloop = off as $$
begin
  insert into caller_receipts (message_id, caller, at, state, channel, code, reason)
  select n.id, n.caller, now(), n.state, n.channel, n.code, n.reason
  from new_rows n join old_rows o on o.id = n.id
  where n.state <> o.state and n.caller in (select id from api_keys);
  return null;
end
$$;

create or replace function caller_receipts_keep(wanted boolean) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(7316008);
  if wanted = exists (select from pg_trigger where tgrelid = 'messages'::regclass and tgname = 'caller_receipts_changed') then
    return;
  end if;
  drop trigger if exists caller_receipts_accepted on messages;
  drop trigger if exists caller_receipts_changed on messages;
  if wanted then
    create trigger caller_receipts_accepted after insert on messages referencing new table as new_rows for each statement execute function caller_receipts_accepted();
    create trigger caller_receipts_changed after update on messages referencing old table as old_rows new table as new_rows for each statement execute function caller_receipts_changed();
  else
    delete from caller_receipts;
  end if;
end
$$;
