-- What codes mean in Chinese: in one column, or (an empty one) wherever nothing else is said for that column.
create function read_v1_codes() returns table (code text, column_name text, word text)
language sql stable set search_path from current as $$
    select told.code, nullif(told.column_name, ''), told.word
    from (
<<words>>
    ) told (column_name, code, word)
    order by 1, 2 nulls first
$$;
comment on function read_v1_codes() is '代码表：各视图中英文代码的中文
code 代码
column_name 列名（为空则各列通用）
word 中文';
