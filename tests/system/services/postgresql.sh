# postgresql: an instance unit whose ExecStart= is a Perl wrapper that changes the user; shared memory of both
# kinds, parallel workers, JIT, an archive command, log, reload.
unit="postgresql@$(ls /etc/postgresql | head -1)-main.service"
version=$(ls /etc/postgresql | head -1)

as_postgres() { runuser -u postgres -- "$@"; }
sql() { as_postgres psql -v ON_ERROR_STOP=1 -qAtX "$@"; }
login() { PGPASSWORD=secret psql -h "$1" -U tester -d tests -qAtX -c "$2"; }

prepare() {
    mkdir -p /var/lib/postgresql/archive
    chown postgres: /var/lib/postgresql/archive
    cat >/etc/postgresql/$version/main/conf.d/sandfit.conf <<'CONF'
archive_mode = on
archive_command = 'cp %p /var/lib/postgresql/archive/%f'
wal_level = replica
jit = on
listen_addresses = '127.0.0.1, ::1'
CONF
}

reset() { rm -rf /var/lib/postgresql/archive/*; }

ready() { until_ok 15 as_postgres psql -Atc 'select 1'; }

workload() {
    step "a database, over the Unix socket" 'sql -c "drop database if exists tests" -c "create database tests"'
    step "a role with a password, over IPv4 and IPv6" 'sql -c "drop role if exists tester" -c "create role tester login superuser password \$\$secret\$\$"; login 127.0.0.1 "select 40 + 2" | has 42; login ::1 "select 40 + 2" | has 42'
    step "TLS, where it is configured" 'if sql -c "show ssl" | has on; then PGSSLMODE=require login localhost "select ssl from pg_stat_ssl where pid = pg_backend_pid()" | has t; fi'
    step "30,000 rows with an index" 'sql -d tests -c "create table t(id int primary key, x text)" -c "insert into t select g, md5(g::text) from generate_series(1, 30000) g" -c "create index on t(x)" -c "analyze t" -c "select count(*) from t" | has 30000'
    step "parallel workers" 'sql -d tests -c "set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0; set max_parallel_workers_per_gather = 2; explain (analyze) select count(*) from t where x like \$\$%a%\$\$" | has "Workers Launched: [12]"'
    step "a sort that spills to a temporary file" 'sql -d tests -c "set work_mem = 64; explain (analyze) select * from t order by md5(x)" | has Disk'
    step "JIT" 'sql -d tests -c "set jit_above_cost = 0; set jit_inline_above_cost = 0; set jit_optimize_above_cost = 0; explain (analyze) select sum(length(x)) from t" >$work/jit; if sql -d tests -c "select pg_jit_available()" | has t; then has JIT: <$work/jit; fi'
    step "an error, caught and not caught" 'sql -d tests -c "do \$\$ begin perform 1 / 0; exception when division_by_zero then null; end \$\$"; fails sql -d tests -c "select nosuch"'
    step "COPY to and from a file" 'sql -d tests -c "copy t to \$\$/var/lib/postgresql/t.csv\$\$ csv" -c "truncate t" -c "copy t from \$\$/var/lib/postgresql/t.csv\$\$ csv" -c "select count(*) from t" | has 30000'
    step "COPY from a program" 'sql -d tests -c "create table p(l text)" -c "copy p from program \$\$echo from a program\$\$" -c "select * from p" | has "from a program"'
    step "notify, lock, large object" 'sql -d tests -c "listen c" -c "notify c" | has Async; sql -d tests -c "select pg_advisory_lock(1)" -c "select lo_create(0)"'
    step "vacuum, reindex, checkpoint" 'sql -d tests -c "vacuum full t"; sql -d tests -c "reindex table t"; sql -c checkpoint'
    step "the archive command gets the log" 'sql -c "select pg_switch_wal()"; until_ok 10 eval "ls /var/lib/postgresql/archive | grep 0000"'
    step "reload changes a setting" 'sql -c "alter system set log_statement = \$\$all\$\$"; reload; until_ok 20 eval "sql -c \"show log_statement\" | grep all"; sql -c "alter system reset all"; reload; has statement: </var/log/postgresql/postgresql-$version-main.log'
    step "a dump" 'as_postgres pg_dump tests | has "CREATE TABLE"'
    step "drop" 'sql -d tests -c "drop table t"; sql -c "drop database tests"'
    step "restart" 'restart; sql -c "select 40 + 2" | has 42'
}
