-- Requests of each API key and minute over all nodes. Nodes lease blocks out of it; a few rows per key, the old ones go with the new.
create table if not exists api_key_minutes (
  key_id uuid not null,
  minute timestamptz not null,
  used integer not null,
  primary key (key_id, minute)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Takes up to "want" requests out of a minute's limit; answers how many were granted.
create or replace function api_key_take(of_key uuid, of_minute timestamptz, at_most integer, want integer) returns integer language plpgsql as $$
declare
  used_now integer;
  granted integer;
begin
  insert into api_key_minutes as m (key_id, minute, used) values (of_key, of_minute, 0) on conflict (key_id, minute) do nothing;
  if found then
    delete from api_key_minutes where key_id = of_key and minute < of_minute - interval '1 hour';
  end if;
  select used into used_now from api_key_minutes where key_id = of_key and minute = of_minute for update;
  granted := greatest(0, least(want, at_most - used_now));
  if granted > 0 then
    update api_key_minutes set used = used_now + granted where key_id = of_key and minute = of_minute;
  end if;
  return granted;
end
$$;
