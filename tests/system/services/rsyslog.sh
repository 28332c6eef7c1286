# rsyslog: root, started with its socket; messages by UDP, TCP and from a file, to files in new directories, to a
# program, to another host, with a queue on disk; log rotation by a signal.
unit=rsyslog.service

prepare() {
    cat >/usr/local/bin/sandfit-log-program <<'PROGRAM'
#!/bin/sh
while read -r line; do echo "got:$line" >>/var/log/sandfit-program.log; done
PROGRAM
    chmod 755 /usr/local/bin/sandfit-log-program
    cat >/etc/rsyslog.d/10-sandfit.conf <<'CONF'
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="514")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="514")
module(load="imfile")
input(type="imfile" File="/var/log/sandfit-application.log" Tag="application:" PersistStateInterval="1")
module(load="omprog")
template(name="by-program" type="string" string="/var/log/sandfit/%PROGRAMNAME%/messages")
if $programname == 'sandfit-directory' then action(type="omfile" dynaFile="by-program" createDirs="on")
if $programname == 'sandfit-program' then action(type="omprog" binary="/usr/local/bin/sandfit-log-program")
if $programname == 'sandfit-forward' then action(type="omfwd" target="127.0.0.1" port="5514" protocol="tcp"
    action.resumeRetryCount="-1" action.resumeInterval="1" queue.type="LinkedList" queue.filename="sandfit" queue.saveOnShutdown="on")
CONF
    # The kernel's log is this machine's: to read it is to take it from who reads it there.
    sed -i 's/^module(load="imklog/#&/' /etc/rsyslog.conf
    # Gives the unit its second name, syslog.service, which is what the socket starts.
    systemctl -q enable $unit
}

# While the socket is up, any message starts the unit again.
reset() {
    systemctl -q stop syslog.socket rsyslog.service
    rm -rf /var/log/sandfit /var/log/sandfit-program.log /var/log/syslog /var/log/syslog.1 /var/spool/rsyslog/*
    : >/var/log/sandfit-application.log
}

ready() { until_ok 10 nc -z 127.0.0.1 514; }

arrives() { until_ok 20 grep -q "$1" "${2:-/var/log/syslog}"; }
# Another host: what it gets is in a file.
other_host() { exec nc -l -k 127.0.0.1 5514 >"$work/forwarded"; }

workload() {
    background other_host
    step "a local message" 'logger -t sandfit local-message; arrives local-message; arrives local-message /var/log/user.log'
    step "a facility has its own file, for its group" 'logger -p auth.info -t sandfit auth-message; arrives auth-message /var/log/auth.log; test "$(stat -c %U:%G:%a /var/log/auth.log)" = root:adm:640'
    step "by UDP and TCP" 'logger -n 127.0.0.1 -P 514 -d -t sandfit udp-message; arrives udp-message; logger -n 127.0.0.1 -P 514 -T -t sandfit tcp-message; arrives tcp-message'
    step "lines of a file, and how far it was read" 'echo file-message >>/var/log/sandfit-application.log; arrives file-message; until_ok 20 eval "ls /var/spool/rsyslog | grep imfile"'
    step "a new directory" 'logger -t sandfit-directory directory-message; arrives directory-message /var/log/sandfit/sandfit-directory/messages'
    step "a program" 'logger -t sandfit-program program-message; arrives program-message /var/log/sandfit-program.log'
    step "another host" 'until_ok 20 nc -z 127.0.0.1 5514; logger -t sandfit-forward forward-message; arrives forward-message $work/forwarded'
    # What comes before it has closed the old file is still in there.
    step "log rotation" 'mv /var/log/syslog /var/log/syslog.1; /usr/lib/rsyslog/rsyslog-rotate; until_ok 20 eval "logger -t sandfit after-rotation; sleep 0.2; grep after-rotation /var/log/syslog"'
    # By TCP, since what comes through journald may be lost by design: it forwards without waiting for a slow reader.
    step "2,000 messages by TCP, none is lost" 'for number in $(seq 2000); do echo "number $number of many"; done | logger -n 127.0.0.1 -P 514 -T -t sandfit-many; until_ok 20 eval "test \$(grep -c \"of many\" /var/log/syslog) = 2000"'
    step "restart" 'restart; logger -t sandfit after-restart; arrives after-restart'
}
