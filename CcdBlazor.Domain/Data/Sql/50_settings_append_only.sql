-- The history of the settings only grows: a version that was in force stays readable, whatever came after it.
create or replace function setting_versions_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% on % is refused: the history of settings is append-only', tg_op, tg_table_name using errcode = 'insufficient_privilege';
end
$$;

create or replace trigger setting_versions_append_only
  before update or delete or truncate on setting_versions
  for each statement execute function setting_versions_refuse_change();
