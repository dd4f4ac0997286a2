-- Figures per day (Shanghai), added up from the minutes: kept for good, while minutes are dropped after 90 days. Each day can be computed
-- again as long as its minutes are there.
create table if not exists message_days (
  day date not null,
  channel smallint not null,
  account integer not null,
  template_id uuid not null,
  result smallint not null,
  n bigint not null,
  cost_milli bigint not null,
  primary key (day, channel, account, template_id, result)
);
create table if not exists message_day_latencies (
  day date not null,
  channel smallint not null,
  bucket smallint not null,
  n bigint not null,
  primary key (day, channel, bucket)
);
