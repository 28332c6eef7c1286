# mariadb: a user of its own, a shell in ExecStartPre=, a script as root in ExecStartPost=; asynchronous I/O, storage
# engines, files out and in, binary log, log rotation.
unit=mariadb.service
files=/var/lib/mysql-files
logs=/var/log/mysql

sql() { mariadb -NBe "$@"; }
login() { mariadb -h "$1" -utester -psecret tests -NBe "$2"; }

prepare() {
    mkdir -p /etc/systemd/system/$unit.d $files $logs
    chown mysql: $files $logs
    { cat "$here/services/not-hardened.conf"; echo "AmbientCapabilities="; } >/etc/systemd/system/$unit.d/05-not-hardened.conf
    cat >/etc/mysql/mariadb.conf.d/90-sandfit.cnf <<'CONF'
[mariadbd]
bind_address = *
general_log = 1
general_log_file = /var/log/mysql/general.log
slow_query_log = 1
slow_query_log_file = /var/log/mysql/slow.log
long_query_time = 0.1
log_bin = /var/log/mysql/binary
secure_file_priv = /var/lib/mysql-files
event_scheduler = 1
CONF
    systemctl -q disable --now mariadb.socket 2>/dev/null || true
    systemctl daemon-reload
}

reset() { rm -rf $files/* $logs/*.1; }

ready() { until_ok 20 mariadb -e 'select 1'; }

workload() {
    step "a database, over the Unix socket" 'sql "select current_user()" | has root@localhost; sql "drop database if exists tests; create database tests"'
    step "a user with a password, over IPv4 and IPv6" 'for host in 127.0.0.1 ::1; do sql "create or replace user tester@\`$host\` identified by \"secret\"; grant all on tests.* to tester@\`$host\`; grant file on *.* to tester@\`$host\`"; login $host "select 40 + 2" | has 42; done; fails mariadb -h 127.0.0.1 -utester -pwrong -e "select 1"'
    step "InnoDB: 20,000 rows, a rollback" 'mariadb tests -NBe "create table t(id int primary key auto_increment, x varchar(40), key(x)) engine=innodb; insert into t(x) select md5(seq) from seq_1_to_20000; begin; delete from t; rollback; select count(*) from t" | has 20000'
    step "the table is rebuilt" 'mariadb tests -NBe "alter table t add y int default 3, algorithm=copy; optimize table t; select sum(y) from t" | has 60000'
    step "Aria, MyISAM, MEMORY" 'mariadb tests -NBe "create table a(i int) engine=aria; create table m(i int) engine=myisam; create table e(i int) engine=memory; insert into a values (1); insert into m values (2); insert into e values (3); repair table m; select (select sum(i) from a) + (select sum(i) from m) + (select sum(i) from e)" | has 6'
    step "groups and sorts that spill to a file" 'mariadb tests -NBe "set sort_buffer_size = 16384, max_heap_table_size = 16384, tmp_table_size = 16384; select count(*) from (select x, count(*) from t group by x order by reverse(x) limit 19000) z; show status like \"Created_tmp_disk_tables\"" >$work/spilled; has 19000 <$work/spilled; has "Created_tmp_disk_tables.[1-9]" <$work/spilled'
    step "a table out to a file and in again" 'login 127.0.0.1 "select * from t into outfile \"$files/t.txt\"; create table l like t; load data infile \"$files/t.txt\" into table l; select count(*) from l" | has 20000'
    step "procedure, trigger, event" 'mariadb tests -NBe "create procedure p() select 11; create table ev(i int); create table tr(i int); create trigger g after insert on tr for each row insert into ev values (5); insert into tr values (1); create event e1 on schedule at current_timestamp do insert into ev values (7); call p()" | has 11; until_ok 20 eval "mariadb tests -NBe \"select sum(i) from ev\" | grep 12"'
    step "the slow and the general log" 'sql "select sleep(0.2), \"general-log\""; until_ok 20 grep -q "sleep(0.2)" $logs/slow.log; has general-log <$logs/general.log'
    step "log rotation" 'mv $logs/general.log $logs/general.log.1; mv $logs/slow.log $logs/slow.log.1; mariadb-admin flush-error-log flush-engine-log flush-general-log flush-slow-log; sql "select 4711"; has 4711 <$logs/general.log; test -e $logs/slow.log'
    step "the binary log" 'sql "flush binary logs; show master status" | has binary; mariadb-binlog $(sql "show binary logs" | head -1 | cut -f1 | sed s,^,$logs/,) | has server; sql "reset master"'
    step "12 connections at once" 'test "$(seq 12 | xargs -P 12 -I{} mariadb -h 127.0.0.1 -utester -psecret tests -NBe "select count(*) from t" | sort -u)" = 20000'
    step "a dump, the state, and drop" 'mariadb-dump tests | has "CREATE TABLE"; mariadb-admin status | has Uptime; mariadb-check tests | has OK; sql "drop database tests"'
    step "restart" 'restart; sql "select 40 + 2" | has 42'
}
