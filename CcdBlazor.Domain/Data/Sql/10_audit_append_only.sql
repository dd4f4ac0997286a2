-- The audit only grows: no statement of the program, and none slipped into one of its queries' conditions, changes or removes a row.
-- Statement level, so that TRUNCATE is caught and an UPDATE that matches nothing is refused as well. The owner of the tables can
-- switch the triggers off; the hash chain and the heads kept outside the database are there to show exactly that.
create or replace function audit_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% on % is refused: the audit is append-only', tg_op, tg_table_name using errcode = 'insufficient_privilege';
end
$$;

create or replace trigger audit_entries_append_only
  before update or delete or truncate on audit_entries
  for each statement execute function audit_refuse_change();

create or replace trigger audit_seals_append_only
  before update or delete or truncate on audit_seals
  for each statement execute function audit_refuse_change();
