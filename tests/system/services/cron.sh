# cron: runs other users' programs, with their ids, in their homes, and mails what they print. Jobs for @reboot run
# at each start, so nobody waits for a minute to end.
unit=cron.service
results=/var/lib/sandfit-cron

prepare() {
    id tester >/dev/null 2>&1 || useradd -m -s /bin/bash tester
    mkdir -p $results
    chmod 1777 $results
    # What cron hands mails to. No lab sends any.
    printf '#!/bin/sh\ncat >%s/mail.$(id -un)\n' $results >/usr/sbin/sendmail
    chmod 755 /usr/sbin/sendmail
    install -m 4755 /usr/bin/id /usr/local/bin/sandfit-setuid-id
    crontab -u tester - <<JOBS
PATH=/usr/local/bin:/usr/bin:/bin
@reboot id -un >$results/user; pwd >home; date >/tmp/sandfit-cron; sandfit-setuid-id >$results/setuid
@reboot echo printed by a job
JOBS
    cat >/etc/cron.d/sandfit <<JOBS
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
@reboot root id -un >$results/root; date >/etc/sandfit-cron; systemctl is-system-running >$results/systemctl; touch $results/root.done
@reboot daemon id -un >$results/daemon
@reboot root python3 -c 'import mmap; mmap.mmap(-1, 4096, prot=7); print("mapped")' >$results/mapped
JOBS
}

reset() { rm -rf $results/* /run/crond.reboot /etc/sandfit-cron /tmp/sandfit-cron ~tester/home; }

# When it runs jobs at its start, with them at their end: the next start's are told from this one's then.
processes() { wc -l <"/sys/fs/cgroup$(systemctl show -P ControlGroup $unit)/cgroup.procs"; }
ready() { until_ok 20 test -e /run/crond.reboot && sleep 0.2 && until_ok 20 eval 'test "$(processes)" = 1'; }

comes() { until_ok 20 grep -q "$2" "$1"; }

workload() {
    # As after a boot: cron leaves a file there, and runs the jobs only if it was not there.
    step "restart runs the jobs" 'rm -rf $results/* /run/crond.reboot; restart'
    step "a user's job runs as the user" 'comes $results/user tester; test "$(stat -c %U $results/user)" = tester'
    step "it writes into its home and /tmp" 'comes ~tester/home /home/tester; until_ok 20 test -s /tmp/sandfit-cron'
    step "it uses a set-uid program" 'comes $results/setuid euid=0'
    step "root's job writes into /etc, speaks to systemd" 'comes $results/root root; until_ok 20 test -s /etc/sandfit-cron; until_ok 20 test -s $results/systemctl; until_ok 20 test -e $results/root.done'
    step "a job of a system user" 'comes $results/daemon daemon'
    step "a job that writes code and runs it" 'comes $results/mapped mapped'
    step "what a job prints is mailed" 'comes $results/mail.tester "printed by a job"; comes $results/mail.tester "^To: tester"'
    step "jobs are in the log" 'until_ok 20 eval "journalctl -q -b -o cat _SYSTEMD_UNIT=$unit --since -60s | grep \"(tester) CMD\""'
}
