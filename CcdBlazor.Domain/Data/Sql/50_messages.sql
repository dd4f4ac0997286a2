-- The hot tables of the message platform. They are not in the model: they are partitioned, written in groups of hundreds, and
-- every index on them is paid twelve thousand times a second.
--
-- messages          one row per message and recipient, in daily partitions by id (version 7: the first 48 bits are milliseconds)
-- ready_messages    the queue: what may be sent now. Rows are only inserted and deleted; no state column, so no dead versions by updates
-- later_messages    what waits for a moment: a schedule, a back-off, a quota, quiet hours, a paused batch
-- message_claims    one row per claimed group (not per message): which node holds it
-- message_nodes     the living nodes; a claim is worth as much as its node
-- message_traces    appended rows, daily partitions by time, dropped after seven days
-- message_failures  the dead letter: small, so it can be grouped by cause at once
-- Functions are plpgsql on purpose: they bind to no column until they run.

create table if not exists messages (
  id uuid not null,
  accepted_at timestamptz not null,
  not_before timestamptz,
  expires_at timestamptz,
  finished_at timestamptz,
  receipt_at timestamptz,
  template_id uuid not null,
  person uuid not null,               -- whom it reaches: the customer, or a hash of the recipient
  batch_id uuid,
  customer_id uuid,
  subject_id uuid,                    -- a ticket, an order ... whatever the caller links
  caller uuid,                        -- API key or member of staff
  batch_no integer,
  template_version integer not null,
  account integer,                    -- the account that sent it, or was asked to
  cost_milli integer,                 -- 1/1000 yuan
  channel smallint not null,
  priority smallint not null,
  state smallint not null,
  attempt smallint not null default 0,
  turn smallint not null default 0,    -- how often it left a claim without an outcome
  failure smallint,
  was smallint,                       -- the state that the first receipt found
  urgent boolean not null default false,
  recipient text not null,
  variables text not null,            -- JSON object
  fallbacks text,                     -- JSON list of channels that are left when this one fails
  tags text[],
  provider_id text,
  code text,
  reason text,
  primary key (id)
) partition by range (id);

-- Updated once or twice soon after the insert; no updated column is indexed, so with room on the page every update stays on it (HOT). The outcomes of all
-- neighbours come in one transaction, so a page needs room for a second version of every row: a third more than it holds. With a quarter of the page free, two
-- thirds of the updates wrote a new entry into every index (measured); the table is no larger, for the room is used either way.
create index if not exists ix_messages_batch on messages (batch_id, batch_no) where batch_id is not null;
create index if not exists ix_messages_person on messages (person, id);
create index if not exists ix_messages_customer on messages (customer_id, id) where customer_id is not null;
create index if not exists ix_messages_template on messages (template_id, id);

create sequence if not exists ready_messages_seq cache 1;
create table if not exists ready_messages (
  seq bigint not null default nextval('ready_messages_seq'),
  id uuid not null,
  lane integer not null,
  class smallint not null,
  turn smallint not null,
  primary key (lane, class, seq)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);

create table if not exists later_messages (
  id uuid not null primary key,
  ready_at timestamptz not null,
  batch_id uuid,
  lane integer not null,
  class smallint not null,
  turn smallint not null,
  why smallint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
create index if not exists ix_later_messages_ready_at on later_messages (ready_at);
create index if not exists ix_later_messages_batch on later_messages (batch_id) where batch_id is not null;

create table if not exists message_nodes (
  id uuid not null primary key,
  name text not null,
  started_at timestamptz not null,
  seen_at timestamptz not null
) with (fillfactor = 50);

create table if not exists message_claims (
  id uuid not null primary key,
  node uuid not null,
  claimed_at timestamptz not null,
  lane integer not null,
  account integer,
  class smallint not null,
  open integer not null,
  ids uuid[] not null,
  turns smallint[] not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
alter table message_claims alter column ids set storage plain;

-- One row per written group of outcomes, so that a commit whose answer was lost is not applied twice.
create table if not exists message_flushes (
  id uuid not null primary key,
  at timestamptz not null
);
create index if not exists ix_message_flushes_at on message_flushes using brin (at);

create table if not exists message_traces (
  at timestamptz not null,
  message_id uuid not null,
  node smallint not null,
  result smallint not null,
  attempt smallint not null,
  host text,
  code text,
  provider_id text,
  detail text
) partition by range (at);
create index if not exists ix_message_traces_message on message_traces (message_id);

create table if not exists message_failures (
  id uuid not null primary key,
  at timestamptz not null,
  template_id uuid not null,
  batch_id uuid,
  account integer,
  channel smallint not null,
  failure smallint not null,
  code text,
  reason text
);
create index if not exists ix_message_failures_cause on message_failures (channel, failure, code, at);
create index if not exists ix_message_failures_batch on message_failures (batch_id) where batch_id is not null;

-- The key of a caller's request; kept for a day. The body's hash tells a repetition from another request under the same key.
create table if not exists message_keys (
  key uuid not null primary key,
  body uuid not null,
  message_id uuid not null,
  at timestamptz not null
);
create index if not exists ix_message_keys_at on message_keys using brin (at);

-- A provider's own id, for kinds whose receipts do not return ours.
create table if not exists message_provider_ids (
  provider_id uuid not null primary key,   -- hash of account and id
  message_id uuid not null,
  at timestamptz not null
);
create index if not exists ix_message_provider_ids_at on message_provider_ids using brin (at);

-- Accepted by a provider that has to be asked for its receipts.
create table if not exists awaited_receipts (
  message_id uuid not null primary key,
  account integer not null,
  sent_at timestamptz not null,
  ask_at timestamptz not null,
  asked smallint not null default 0,
  recipient text not null,
  provider_id text
);
create index if not exists ix_awaited_receipts_ask_at on awaited_receipts (ask_at);

-- Progress of a batch: added up per completed group, never counted again.
create table if not exists message_batch_progress (
  batch_id uuid not null primary key,
  fed integer not null default 0,
  sent integer not null default 0,
  delivered integer not null default 0,
  failed integer not null default 0,
  skipped integer not null default 0,
  cancelled integer not null default 0,
  unknown integer not null default 0,
  bounced integer not null default 0,
  cost_milli bigint not null default 0,
  first_at timestamptz,
  last_at timestamptz
) with (fillfactor = 30, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- Same content to the same person: one row per content, worth until "until".
create table if not exists message_contents (
  content uuid not null primary key,
  message_id uuid not null,
  was uuid,                           -- the message that had it before
  until timestamptz not null
);
create index if not exists ix_message_contents_until on message_contents using brin (until);

create table if not exists person_days (
  person uuid not null,
  day date not null,
  sent integer not null,
  primary key (person, day)
) with (fillfactor = 80);

-- The moments of the last sends to one number under one rule; exact sliding windows, trimmed to the longest.
create table if not exists recipient_ledgers (
  key uuid not null primary key,
  last_at timestamptz not null,
  times timestamptz[] not null
) with (fillfactor = 70);

-- What an account (bot, application) has used, in slices of each window. A window's use is the sum of its slices.
create table if not exists quota_uses (
  account integer not null,
  span integer not null,              -- seconds of the window; 86400 is the calendar day in Shanghai
  slice timestamptz not null,
  used integer not null,
  primary key (account, span, slice)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create table if not exists message_minutes (
  minute timestamptz not null,
  channel smallint not null,
  account integer not null,
  template_id uuid not null,
  result smallint not null,
  n bigint not null,
  cost_milli bigint not null default 0,
  primary key (minute, channel, account, template_id, result)
) with (fillfactor = 60);

-- Response times of providers in buckets that grow by a quarter each: quarter-powers of two, in microseconds.
create table if not exists message_latencies (
  minute timestamptz not null,
  channel smallint not null,
  bucket smallint not null,
  n bigint not null,
  primary key (minute, channel, bucket)
) with (fillfactor = 60);

-- The first id (version 7) of a moment, as a bound of partitions and of searches by time.
create or replace function message_id_from(moment timestamptz) returns uuid language plpgsql immutable as $$
begin
  return (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid;
end
$$;

-- Makes the daily partitions (days in UTC) from yesterday to so many days ahead.
create or replace function message_partitions(today date, ahead integer) returns void language plpgsql as $$
declare
  d date;
begin
  perform pg_advisory_xact_lock(7316001);
  for d in select generate_series(today - 1, today + ahead, interval '1 day')::date loop
    if to_regclass(format('messages_%s', to_char(d, 'YYYYMMDD'))) is null then
      execute format('create table messages_%s partition of messages for values from (%L) to (%L) with (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.3)',
        to_char(d, 'YYYYMMDD'), message_id_from(d::timestamp at time zone 'utc'), message_id_from((d + 1)::timestamp at time zone 'utc'));
    end if;
    if to_regclass(format('message_traces_%s', to_char(d, 'YYYYMMDD'))) is null then
      execute format('create table message_traces_%s partition of message_traces for values from (%L) to (%L)',
        to_char(d, 'YYYYMMDD'), d::timestamp at time zone 'utc', (d + 1)::timestamp at time zone 'utc');
    end if;
  end loop;
end
$$;

-- A clock that jumps finds room here; the job that makes partitions reports rows that ended up in it.
create table if not exists messages_default partition of messages default with (fillfactor = 40);
create table if not exists message_traces_default partition of message_traces default;
select message_partitions(current_date, 8);

-- Who writes outcomes asks this first: a claim that was taken over from a node that seemed dead belongs to somebody else now.
create or replace function message_claims_held(claims uuid[]) returns void language plpgsql as $$
declare
  held integer;
begin
  select count(*) into held from (select from message_claims where id = any(claims) for key share) c;
  if held < cardinality(claims) then
    raise exception 'a claim was taken over' using errcode = 'CCD01';
  end if;
end
$$;

-- Takes up to "want" sends of an account out of all its windows at once. Spans in seconds, one limit each. Windows are cut into
-- slices, and a window counts every slice that it touches, so no stretch of that length ever holds more than the limit.
-- Answers what was granted and, when nothing was, the moment at which the tightest window lets go again.
create or replace function quota_take(of_account integer, spans integer[], limits integer[], want integer, now_at timestamptz, out granted integer, out free_at timestamptz, out bound integer)
language plpgsql as $$
declare
  i integer;
  used_now integer;
  slice_length interval;
  slice_start timestamptz;
  from_slice timestamptz;
  oldest timestamptz;
begin
  perform pg_advisory_xact_lock(7316002, of_account);
  granted := want;
  for i in 1 .. coalesce(array_length(spans, 1), 0) loop
    if spans[i] = 86400 then
      from_slice := date_trunc('day', now_at at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai';
      slice_length := interval '1 day';
    else
      slice_length := make_interval(secs => spans[i] / 10.0);
      from_slice := date_bin(slice_length, now_at, timestamptz '2000-01-01 00:00+00') - make_interval(secs => spans[i]);
    end if;
    select coalesce(sum(q.used), 0), min(q.slice) into used_now, oldest
    from quota_uses q where q.account = of_account and q.span = spans[i] and q.slice >= from_slice;
    if limits[i] - used_now < granted then
      granted := greatest(limits[i] - used_now, 0);
      bound := spans[i];
      if granted = 0 then
        -- The oldest slice leaves the window one slice after its length has passed.
        free_at := greatest(coalesce(free_at, '-infinity'), case when spans[i] = 86400 then from_slice + interval '1 day' else coalesce(oldest, now_at) + make_interval(secs => spans[i]) + slice_length end);
      end if;
    end if;
  end loop;
  if granted > 0 then
    for i in 1 .. array_length(spans, 1) loop
      if spans[i] = 86400 then
        slice_start := date_trunc('day', now_at at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai';
      else
        slice_start := date_bin(make_interval(secs => spans[i] / 10.0), now_at, timestamptz '2000-01-01 00:00+00');
      end if;
      insert into quota_uses (account, span, slice, used) values (of_account, spans[i], slice_start, granted)
      on conflict (account, span, slice) do update set used = quota_uses.used + excluded.used;
    end loop;
  end if;
end
$$;

-- Exact sliding limits per recipient: keys that may send now are written down and answered; the others come back with the moment.
create or replace function recipient_take(keys uuid[], spans integer[], limits integer[], now_at timestamptz) returns table (key uuid, free_at timestamptz)
language plpgsql as $$
declare
  k uuid;
  kept timestamptz[];
  i integer;
  hits integer;
  wait_until timestamptz;
  longest integer := (select max(s) from unnest(spans) s);
begin
  -- In one order everywhere, so that two groups never wait for each other.
  foreach k in array (select array_agg(x order by x) from unnest(keys) x) loop
    insert into recipient_ledgers as r (key, last_at, times) values (k, now_at, '{}') on conflict on constraint recipient_ledgers_pkey do nothing;
    select array(select t from unnest(r.times) t where t > now_at - make_interval(secs => longest) order by t) into kept
    from recipient_ledgers r where r.key = k for update;
    wait_until := null;
    for i in 1 .. array_length(spans, 1) loop
      select count(*) into hits from unnest(kept) t where t > now_at - make_interval(secs => spans[i]);
      if hits >= limits[i] then
        -- The one whose leaving brings the count under the limit.
        wait_until := greatest(wait_until, kept[array_length(kept, 1) - limits[i] + 1] + make_interval(secs => spans[i]));
      end if;
    end loop;
    if wait_until is null then
      update recipient_ledgers r set times = kept || now_at, last_at = now_at where r.key = k;
    end if;
    key := k;
    free_at := wait_until;
    return next;
  end loop;
end
$$;
