-- Who leads a department sees the customers of its people. The customer carries the owner's department, so that this is one index
-- and no join at a million rows; when a person changes department, the customers follow in the same commit, whoever wrote it.
create or replace function customers_follow_owner() returns trigger language plpgsql as $$
begin
  -- The gram of the department goes along (CustomerSearch.DepartmentGram), at the place where the program would put it or not: order means nothing.
  update customers set department_id = new.department_id,
    search_grams = array_remove(search_grams, 'd:' || replace(department_id::text, '-', ''))
      || case when new.department_id is null then '{}'::text[] else array['d:' || replace(new.department_id::text, '-', '')] end
  where staff_ids @> array[new.id] and owner_id = new.id and department_id is distinct from new.department_id;
  return null;
end
$$;

create or replace trigger staff_department_carries_customers
  after update of department_id on staff
  for each row when (old.department_id is distinct from new.department_id) execute function customers_follow_owner();
