-- Figures of the dashboard, exact at any moment and never a hot row.
--
-- A figure is a function of the tables as they are now: customers that are not deleted, under their present owner and the owner's
-- department. So every figure equals the list behind it, a customer that is handed over takes its history along, and everything
-- can be counted again at any time.
--
-- Writers only append to figure_deltas, in the commit of the change itself: they never wait for each other, and nothing is lost or
-- counted twice. A figure is the sum of figures and figure_deltas, read in one statement; folding moves deltas into figures.
--
-- kind  0..4  customers in that state (day is -infinity)
--      10..14 customers in that state (kind - 10), by the day they were registered
--      20     documents handed in, by day
--      22..25 files submitted, sent back, approved, refused, by day (20 + the move's number in file_decisions)
-- Days are days in Shanghai. Nobody's department is the nil id, because a key holds no null; so is the owner of what lies in a public pool.
-- Functions are plpgsql on purpose: they bind to no column until they run, so a later migration can change the tables.

-- Emptied every minute: vacuum by count of rows, not by share of the table.
alter table figure_deltas set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

create or replace function figures_day(moment timestamptz) returns date language sql immutable parallel safe
  return (moment at time zone interval '08:00')::date;

create or replace function figures_customers_came() returns trigger language plpgsql as $$
begin
  insert into figure_deltas (kind, day, owner_id, department_id, n)
  select f.kind, f.day, coalesce(c.owner_id, '00000000-0000-0000-0000-000000000000'), coalesce(c.department_id, '00000000-0000-0000-0000-000000000000'), count(*)
  from became c
  cross join lateral (values (c.state, '-infinity'::date), ((10 + c.state)::smallint, figures_day(c.created_at))) f (kind, day)
  where c.deleted_at is null
  group by 1, 2, 3, 4;
  return null;
end
$$;

create or replace function figures_customers_went() returns trigger language plpgsql as $$
begin
  insert into figure_deltas (kind, day, owner_id, department_id, n)
  select f.kind, f.day, coalesce(c.owner_id, '00000000-0000-0000-0000-000000000000'), coalesce(c.department_id, '00000000-0000-0000-0000-000000000000'), -count(*)
  from was c
  cross join lateral (values (c.state, '-infinity'::date), ((10 + c.state)::smallint, figures_day(c.created_at))) f (kind, day)
  where c.deleted_at is null
  group by 1, 2, 3, 4;
  return null;
end
$$;

-- Most updates of a customer change nothing that is counted: those end after the first question.
-- Old and new rows are never joined but counted against each other: a session's first update of one customer fixes the plan, and a join that was planned for
-- one row compares every pair when a later statement moves thousands.
create or replace function figures_customers_moved() returns trigger language plpgsql as $$
begin
  if not exists (
    select from (select id, state, owner_id, department_id, deleted_at is null as alive, created_at, -1 as n from was
                 union all
                 select id, state, owner_id, department_id, deleted_at is null, created_at, 1 from became) c
    group by id, state, owner_id, department_id, alive, created_at
    having sum(n) <> 0) then
    return null;
  end if;

  insert into figure_deltas (kind, day, owner_id, department_id, n)
  select f.kind, f.day, coalesce(c.owner_id, '00000000-0000-0000-0000-000000000000'), coalesce(c.department_id, '00000000-0000-0000-0000-000000000000'), sum(c.n)
  from (select state, owner_id, department_id, created_at, -1 as n from was where deleted_at is null
        union all
        select state, owner_id, department_id, created_at, 1 from became where deleted_at is null) c
  cross join lateral (values (c.state, '-infinity'::date), ((10 + c.state)::smallint, figures_day(c.created_at))) f (kind, day)
  group by 1, 2, 3, 4
  having sum(c.n) <> 0;

  -- Handed over, deleted or restored: what happened on the file goes along. "offset 0" keeps these lookups by index, one customer at a time.
  insert into figure_deltas (kind, day, owner_id, department_id, n)
  select e.kind, e.day, coalesce(m.owner_id, '00000000-0000-0000-0000-000000000000'), coalesce(m.department_id, '00000000-0000-0000-0000-000000000000'), sum(m.n * e.n)
  from (select id, owner_id, department_id, sum(n) as n
        from (select id, owner_id, department_id, -1 as n from was where deleted_at is null
              union all
              select id, owner_id, department_id, 1 from became where deleted_at is null) c
        group by 1, 2, 3
        having sum(n) <> 0) m
  cross join lateral (
    select 20::smallint as kind, figures_day(d.uploaded_at) as day, count(*) as n from documents d where d.customer_id = m.id group by 2
    union all
    select (20 + d.move)::smallint, figures_day(d.at), count(*) from file_decisions d where d.customer_id = m.id and d.move between 2 and 5 group by 1, 2
    offset 0) e
  group by 1, 2, 3, 4
  having sum(m.n * e.n) <> 0;
  return null;
end
$$;

-- The customer's row is locked by whoever changes its documents, so its owner cannot change between this look and the commit.
create or replace function figures_documents_came() returns trigger language plpgsql as $$
begin
  insert into figure_deltas (kind, day, owner_id, department_id, n)
  select 20, d.day, coalesce(c.owner_id, '00000000-0000-0000-0000-000000000000'), coalesce(c.department_id, '00000000-0000-0000-0000-000000000000'), sum(d.n)
  from (select customer_id, figures_day(uploaded_at) as day, count(*) as n from became group by 1, 2) d
  cross join lateral (select owner_id, department_id from customers where id = d.customer_id and deleted_at is null offset 0) c
  group by 2, 3, 4;
  return null;
end
$$;

create or replace function figures_documents_went() returns trigger language plpgsql as $$
begin
  insert into figure_deltas (kind, day, owner_id, department_id, n)
  select 20, d.day, coalesce(c.owner_id, '00000000-0000-0000-0000-000000000000'), coalesce(c.department_id, '00000000-0000-0000-0000-000000000000'), -sum(d.n)
  from (select customer_id, figures_day(uploaded_at) as day, count(*) as n from was group by 1, 2) d
  cross join lateral (select owner_id, department_id from customers where id = d.customer_id and deleted_at is null offset 0) c
  group by 2, 3, 4;
  return null;
end
$$;

create or replace function figures_decisions_came() returns trigger language plpgsql as $$
begin
  insert into figure_deltas (kind, day, owner_id, department_id, n)
  select d.kind, d.day, coalesce(c.owner_id, '00000000-0000-0000-0000-000000000000'), coalesce(c.department_id, '00000000-0000-0000-0000-000000000000'), sum(d.n)
  from (select customer_id, (20 + move)::smallint as kind, figures_day(at) as day, count(*) as n from became where move between 2 and 5 group by 1, 2, 3) d
  cross join lateral (select owner_id, department_id from customers where id = d.customer_id and deleted_at is null offset 0) c
  group by 1, 2, 3, 4;
  return null;
end
$$;

create or replace function figures_decisions_went() returns trigger language plpgsql as $$
begin
  insert into figure_deltas (kind, day, owner_id, department_id, n)
  select d.kind, d.day, coalesce(c.owner_id, '00000000-0000-0000-0000-000000000000'), coalesce(c.department_id, '00000000-0000-0000-0000-000000000000'), -sum(d.n)
  from (select customer_id, (20 + move)::smallint as kind, figures_day(at) as day, count(*) as n from was where move between 2 and 5 group by 1, 2, 3) d
  cross join lateral (select owner_id, department_id from customers where id = d.customer_id and deleted_at is null offset 0) c
  group by 1, 2, 3, 4;
  return null;
end
$$;

create or replace trigger figures_customers_came after insert on customers
  referencing new table as became for each statement execute function figures_customers_came();
create or replace trigger figures_customers_moved after update on customers
  referencing old table as was new table as became for each statement execute function figures_customers_moved();
create or replace trigger figures_customers_went after delete on customers
  referencing old table as was for each statement execute function figures_customers_went();
create or replace trigger figures_documents_came after insert on documents
  referencing new table as became for each statement execute function figures_documents_came();
create or replace trigger figures_documents_went after delete on documents
  referencing old table as was for each statement execute function figures_documents_went();
create or replace trigger figures_decisions_came after insert on file_decisions
  referencing new table as became for each statement execute function figures_decisions_came();
create or replace trigger figures_decisions_went after delete on file_decisions
  referencing old table as was for each statement execute function figures_decisions_went();

-- Everything counted again from the tables. The only other place that knows what each kind means.
create or replace function figures_counted() returns table (kind smallint, day date, owner_id uuid, department_id uuid, n bigint)
language plpgsql stable as $$
begin
  return query
  select f.kind, f.day, coalesce(c.owner_id, '00000000-0000-0000-0000-000000000000'), coalesce(c.department_id, '00000000-0000-0000-0000-000000000000'), count(*)
  from customers c
  cross join lateral (values (c.state, '-infinity'::date), ((10 + c.state)::smallint, figures_day(c.created_at))) f (kind, day)
  where c.deleted_at is null
  group by 1, 2, 3, 4
  union all
  select 20::smallint, figures_day(d.uploaded_at), coalesce(c.owner_id, '00000000-0000-0000-0000-000000000000'), coalesce(c.department_id, '00000000-0000-0000-0000-000000000000'), count(*)
  from documents d join customers c on c.id = d.customer_id
  where c.deleted_at is null
  group by 2, 3, 4
  union all
  select (20 + d.move)::smallint, figures_day(d.at), coalesce(c.owner_id, '00000000-0000-0000-0000-000000000000'), coalesce(c.department_id, '00000000-0000-0000-0000-000000000000'), count(*)
  from file_decisions d join customers c on c.id = d.customer_id
  where d.move between 2 and 5 and c.deleted_at is null
  group by 1, 2, 3, 4;
end
$$;
