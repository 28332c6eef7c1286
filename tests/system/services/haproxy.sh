# haproxy: a root master that executes itself anew on reload, workers in a chroot without privileges; health checks,
# TLS, an admin socket, syslog.
unit=haproxy.service
site=/etc/haproxy/sandfit.cfg

prepare() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 99 -subj /CN=localhost -keyout /etc/haproxy/key.pem \
        -out /etc/haproxy/certificate.pem 2>/dev/null
    cat /etc/haproxy/key.pem /etc/haproxy/certificate.pem >/etc/haproxy/sandfit.pem
    chmod 600 /etc/haproxy/*.pem
    echo "EXTRAOPTS=\"-S /run/haproxy-master.sock -f $site\"" >/etc/default/haproxy
}

# The socket of a backend lies in the chroot.
reset() {
    rm -f /var/lib/haproxy/backend.sock
    cat >$site <<'SITE'
frontend web
    bind 127.0.0.1:80
    bind [::1]:80
    bind 127.0.0.1:443 ssl crt /etc/haproxy/sandfit.pem
    option forwardfor
    http-request deny deny_status 403 if { path /forbidden }
    http-request return status 200 content-type text/plain string "old" if { path /which }
    use_backend socket if { path_beg /unix }
    default_backend pair
backend pair
    balance roundrobin
    option httpchk GET /
    timeout check 10s
    server a 127.0.0.1:8911 check inter 200ms
    server b 127.0.0.1:8912 check inter 200ms
backend socket
    server c unix@/backend.sock
listen raw
    mode tcp
    bind 127.0.0.1:7000
    server a 127.0.0.1:8911
SITE
}

ready() { until_ok 10 nc -z 127.0.0.1 80; }

admin() { nc -U -N -w 2 /run/haproxy/admin.sock <<<"$1"; }
servers_up() { [ "$(admin 'show stat' | grep -c '^pair,[ab],.*,UP,')" = 2 ]; }

workload() {
    background python3 "$here/backend.py" 8911 /var/lib/haproxy/backend.sock
    background python3 "$here/backend.py" 8912 "$work/other.sock"
    step "the backends are up" 'until_ok 20 nc -z 127.0.0.1 8911; until_ok 20 nc -z 127.0.0.1 8912'
    step "health checks find them" 'until_ok 20 servers_up'
    step "HTTP over IPv4 and IPv6" 'curl -sf http://127.0.0.1/x | has "GET /x"; curl -sf -g "http://[::1]/y" | has "GET /y"'
    step "TLS" 'curl -sfk https://127.0.0.1/x | has "GET /x"'
    step "a backend on a Unix socket" 'curl -sf http://127.0.0.1/unix | has "GET /unix"'
    step "TCP mode" 'curl -sf http://127.0.0.1:7000/x | has "GET /x"'
    step "5 MB, an upload, 100 requests 4 at once" 'test $(curl -sf "http://127.0.0.1/big?n=5000000" | wc -c) = 5000000; head -c 1000000 /dev/zero | curl -sf -H Expect: --data-binary @- http://127.0.0.1/up | has body=1000000; seq 100 | xargs -P 4 -I{} curl -sf -o /dev/null http://127.0.0.1/x'
    step "both servers are used" 'test $(admin "show stat" | awk -F, "\$1 == \"pair\" && (\$2 == \"a\" || \$2 == \"b\") && \$8 > 0" | wc -l) = 2'
    step "403 by a rule, 503 without servers" 'test $(http_status http://127.0.0.1/forbidden) = 403; admin "disable server pair/a"; admin "disable server pair/b"; test $(http_status http://127.0.0.1/x) = 503; admin "enable server pair/a"; admin "enable server pair/b"; until_ok 20 curl -sf http://127.0.0.1/x'
    step "a server that dies is noticed" 'python3 -m http.server -b 127.0.0.1 8913 >/dev/null 2>&1 & until_ok 20 nc -z 127.0.0.1 8913; admin "set server pair/b addr 127.0.0.1 port 8913"; until_ok 20 servers_up; kill $!; until_ok 20 eval "admin \"show stat\" | grep \"^pair,b,.*,DOWN\""; admin "set server pair/b addr 127.0.0.1 port 8912"; until_ok 20 servers_up'
    step "reports of worker and master" 'admin "show info" | has Uptime; admin "show sess" | has age=; nc -U -N -w 2 /run/haproxy-master.sock <<<"show proc" | has worker'
    step "requests are in the log" 'curl -sf http://127.0.0.1/logged-$$; until_ok 20 eval "journalctl -q -b -o cat -t haproxy --since -60s | grep logged-$$"'
    step "reload with a changed answer" 'curl -sf http://127.0.0.1/which | has old; sed -i s/\"old\"/\"new\"/ $site; reload; until_ok 20 eval "curl -s http://127.0.0.1/which | grep new"; until_ok 20 servers_up; curl -sf http://127.0.0.1/x | has "GET /x"'
    step "restart" 'restart; until_ok 20 servers_up; curl -sf http://127.0.0.1/x | has "GET /x"'
}
