# unbound: root that becomes its own user; threads, UDP and TCP, a control socket, a trust anchor that a helper
# installs, a log that is reopened.
unit=unbound.service
configuration=/etc/unbound/unbound.conf.d
logs=/var/log/unbound

prepare() {
    mkdir -p $logs
    chown unbound: $logs
    cat >$configuration/sandfit.conf <<'CONF'
server:
    num-threads: 2
    interface: 127.0.0.1
    interface: ::1
    do-not-query-localhost: no
    logfile: /var/log/unbound/unbound.log
    log-queries: yes
    use-syslog: no
    domain-insecure: "test."
    local-zone: "test." nodefault
    local-data: "fixed.test. A 192.0.2.1"
remote-control:
    control-enable: yes
    control-interface: /run/unbound.ctl
forward-zone:
    name: "test."
    forward-addr: 127.0.0.1@5399
CONF
}

reset() { rm -f $logs/* $configuration/sandfit-more.conf /var/lib/unbound/root.key; }

ready() { until_ok 10 eval 'ask fixed.test | grep 192.0.2.1'; }

ask() { dig +time=2 +tries=2 @127.0.0.1 "$@"; }
control() { unbound-control -s /run/unbound.ctl "$@"; }

workload() {
    background python3 "$here/services/nameserver.py" 5399
    step "the other name server is up" 'until_ok 20 nc -z 127.0.0.1 5399'
    step "local data over UDP, TCP and IPv6" 'ask +short fixed.test | has 192.0.2.1; ask +tcp +short fixed.test | has 192.0.2.1; dig +time=2 +tries=2 @::1 +short fixed.test | has 192.0.2.1'
    step "an answer from the other server, and from the cache" 'ask +short one.test | has 192.0.2.7; ask +short one.test | has 192.0.2.7; control stats_noreset | has "total.num.cachehits=[1-9]"'
    step "a name that does not exist" 'ask gone.test | has NXDOMAIN'
    step "an answer that needs TCP" 'ask +tcp large.test TXT | has -c ttttt'
    # dig says on its output, behind ;;, that it has to ask again.
    step "100 names, 4 at once" 'seq 100 | xargs -P 4 -I{} dig +time=5 +tries=2 @127.0.0.1 +short n{}.test >$work/answers; test "$(grep -v "^;;" $work/answers | sort | uniq -c | xargs)" = "100 192.0.2.7"'
    step "control: data added and removed, the cache dumped and flushed" 'control local_data "added.test A 192.0.2.9" | has ok; ask +short added.test | has 192.0.2.9; control local_data_remove added.test | has ok; control dump_cache | has MSG; control flush_zone test | has ok'
    # It says that it opens the log anew before it does.
    step "the log, and its rotation" 'has fixed.test <$logs/unbound.log; mv $logs/unbound.log $logs/unbound.log.1; control log_reopen | has ok; until_ok 20 eval "ask after.test && grep after.test $logs/unbound.log"'
    step "reload with more data" 'echo "server: local-data: \"more.test. A 192.0.2.33\"" >$configuration/sandfit-more.conf; reload; until_ok 20 eval "ask +short more.test | grep 192.0.2.33"; rm $configuration/sandfit-more.conf; reload'
    # By the helper, as the other user: it does so only when there is none.
    step "restart installs a trust anchor" 'rm /var/lib/unbound/root.key; restart; ask +short one.test | has 192.0.2.7; test -s /var/lib/unbound/root.key; test "$(stat -c %U /var/lib/unbound/root.key)" = unbound'
}
