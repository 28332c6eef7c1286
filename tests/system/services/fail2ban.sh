# fail2ban: root, Python; reads log files and the journal, keeps a database, runs nft through a shell: netlink with
# CAP_NET_ADMIN; its own log is rotated.
unit=fail2ban.service
log=/var/log/sandfit-logins.log
database=/var/lib/fail2ban/fail2ban.sqlite3

prepare() {
    # nftables of the lab's own network; what it cannot do is not fail2ban's doing.
    nft list tables
    for jail in file journal; do
        printf '[Definition]\nfailregex = failed login from <HOST>$\njournalmatch = SYSLOG_IDENTIFIER=sandfit-jail\n' \
            >/etc/fail2ban/filter.d/sandfit-$jail.conf
    done
    rm -f /etc/fail2ban/jail.d/*
    cat >/etc/fail2ban/jail.local <<CONF
[DEFAULT]
maxretry = 3
findtime = 60
bantime = 60
banaction = nftables-multiport
ignoreip = 127.0.0.1
[sandfit-file]
enabled = true
port = 80
backend = polling
logpath = $log
[sandfit-journal]
enabled = true
port = 22
backend = systemd
CONF
}

reset() {
    : >$log
    rm -f $database /var/log/fail2ban.log* $log.1
    nft delete table inet f2b-table 2>/dev/null || true
}

ready() { until_ok 15 eval 'fail2ban-client status sandfit-journal && fail2ban-client status sandfit-file'; }

client() { fail2ban-client "$@"; }
failures() { for _ in 1 2 3 4; do echo "$(date '+%b %d %H:%M:%S') lab: failed login from $1" >>$log; done; }
banned() { until_ok 20 eval "nft list table inet f2b-table | grep -w $1"; }
not_banned() { until_ok 20 eval "! nft list table inet f2b-table | grep -w $1"; }

workload() {
    step "failures in a file ban an address" 'failures 203.0.113.5; banned 203.0.113.5; client status sandfit-file | has 203.0.113.5'
    step "an IPv6 address; an ignored one" 'failures 127.0.0.1; failures 2001:db8::5; banned 2001:db8::5; client status sandfit-file | fails grep -q 127.0.0.1'
    step "failures in the journal" 'for _ in 1 2 3 4; do logger -t sandfit-jail "failed login from 203.0.113.6"; done; banned 203.0.113.6; client status sandfit-journal | has 203.0.113.6'
    step "the database has them" 'until_ok 20 eval "python3 -c \"import sqlite3; print(sqlite3.connect(\\\"$database\\\").execute(\\\"select ip from bans\\\").fetchall())\" | grep 203.0.113.6"'
    step "an address is let go, one is banned by hand" 'client set sandfit-file unbanip 203.0.113.5 | has 1; not_banned 203.0.113.5; client set sandfit-file banip 203.0.113.9; banned 203.0.113.9'
    step "the file is rotated" 'mv $log $log.1; : >$log; failures 203.0.113.77; banned 203.0.113.77'
    step "its own log is rotated" 'mv /var/log/fail2ban.log /var/log/fail2ban.log.1; client flushlogs | has rolled; client set sandfit-file banip 203.0.113.10; until_ok 20 grep -q 203.0.113.10 /var/log/fail2ban.log'
    step "questions and a wrong one" 'client get dbfile | has sqlite; client get sandfit-file bantime | has 60; fails client status no-such-jail'
    step "reload keeps the bans" 'reload; banned 203.0.113.9; client status sandfit-file | has 203.0.113.9'
    step "restart keeps the bans" 'restart; banned 203.0.113.9'
}
