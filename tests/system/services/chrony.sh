# chrony: an ExecStart=! line (root in spite of User=) that drops to _chrony and keeps CAP_SYS_TIME; the clock,
# NTP and NTS over loopback, a Unix socket for commands, logs that are cycled.
unit=chrony.service
logs=/var/log/chrony

prepare() {
    mkdir -p /etc/systemd/system/$unit.d /etc/chrony/sandfit
    cp "$here/services/not-hardened.conf" /etc/systemd/system/$unit.d/05-not-hardened.conf
    openssl req -x509 -newkey rsa:2048 -nodes -days 99 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -keyout /etc/chrony/sandfit/key.pem -out /etc/chrony/sandfit/certificate.pem 2>/dev/null
    chown -R _chrony: /etc/chrony/sandfit
    # Its only source is itself, and is never selected: the clock, which is this machine's, is touched, not moved.
    cat >/etc/chrony/chrony.conf <<'CONF'
local stratum 8
allow 127.0.0.0/8
driftfile /var/lib/chrony/chrony.drift
ntsdumpdir /var/lib/chrony
dumpdir /var/lib/chrony
logdir /var/log/chrony
log measurements statistics
keyfile /etc/chrony/chrony.keys
sourcedir /etc/chrony/sources.d
ntsserverkey /etc/chrony/sandfit/key.pem
ntsservercert /etc/chrony/sandfit/certificate.pem
makestep 1 3
CONF
    echo '1 MD5 sandfit' >/etc/chrony/chrony.keys
    chown root:_chrony /etc/chrony/chrony.keys
    chmod 640 /etc/chrony/chrony.keys
    systemctl daemon-reload
}

reset() { rm -rf /etc/chrony/sources.d/sandfit.sources $logs/* /var/lib/chrony/*; }

ready() { until_ok 10 eval 'chronyc -n tracking | grep "Stratum *: 8"'; }

# One exchange as a client, of so many seconds: prints the answer's mode and stratum.
ask() {
    python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(float(sys.argv[1]))
s.connect(("127.0.0.1", 123))
s.send(b"\x23" + bytes(47))
answer = s.recv(200)
print(answer[0] & 7, answer[1])' "${1:-5}"
}
nts_client() { chronyd -4 -u root -Q -x -t 8 "server localhost nts iburst maxsamples 1" "ntstrustedcerts /etc/chrony/sandfit/certificate.pem" "pidfile $work/chronyd.pid" 2>&1; }

workload() {
    step "its state, over the Unix socket and UDP" 'chronyc -n tracking | has "Stratum *: 8"; chronyc -n -h 127.0.0.1 tracking | has 7F7F0101; test -S /run/chrony/chronyd.sock'
    step "it answers, and counts who asks" 'ask | has "4 8"; chronyc -n clients | has 127.0.0.1'
    step "who is denied gets no answer" 'chronyc deny 127.0.0.1 | has OK; fails ask 0.5; chronyc allow 127.0.0.1 | has OK; ask | has "4 8"'
    step "the clock is stepped, by nothing" 'chronyc makestep | has OK'
    step "a source from a directory is measured" 'mkdir -p /etc/chrony/sources.d; echo "server 127.0.0.1 iburst minpoll -2 maxpoll -2 noselect" >/etc/chrony/sources.d/sandfit.sources; chronyc reload sources | has OK; until_ok 10 eval "chronyc -n ntpdata 127.0.0.1 | grep \"Total RX *: [1-9]\""; chronyc -n sources | has 127.0.0.1; until_ok 20 eval "chronyc -n activity | grep \"1 sources online\""'
    step "the logs, and their rotation" 'until_ok 20 test -s $logs/measurements.log; mv $logs/measurements.log $logs/measurements.log.1; chronyc cyclelogs | has OK; until_ok 20 test -s $logs/measurements.log'
    step "NTS: keys over TLS, authenticated time" 'nts_client >$work/nts || true; has "System clock wrong by" <$work/nts; chronyc -n serverstats | has "NTS-KE connections accepted *: [1-9]"'
    step "keys and measurements are kept" 'chronyc rekey | has OK; chronyc dump | has OK; until_ok 20 test -s /var/lib/chrony/ntskeys'
    step "restart" 'restart; ask | has "4 8"'
}
