# nginx: a root master with www-data workers; cache and temporary files, two ways to a backend, log rotation.
unit=nginx.service
site=/etc/nginx/conf.d/sandfit.conf

prepare() {
    mkdir -p /srv/www /var/cache/nginx/sandfit /etc/nginx/sandfit
    chown www-data: /var/cache/nginx/sandfit
    head -c 3000000 /dev/urandom >/srv/www/big
    echo "hello from nginx" >/srv/www/index.html
    openssl req -quiet -x509 -newkey rsa:2048 -nodes -days 99 -subj /CN=localhost \
        -keyout /etc/nginx/sandfit/key.pem -out /etc/nginx/sandfit/certificate.pem 2>/dev/null ||
        openssl req -x509 -newkey rsa:2048 -nodes -days 99 -subj /CN=localhost \
            -keyout /etc/nginx/sandfit/key.pem -out /etc/nginx/sandfit/certificate.pem 2>/dev/null
    rm -f /etc/nginx/sites-enabled/default
    cat >$site <<'SITE'
proxy_cache_path /var/cache/nginx/sandfit keys_zone=sandfit:1m max_size=50m;
server {
    listen 127.0.0.1:80;
    listen [::1]:80;
    listen 127.0.0.1:443 ssl;
    ssl_certificate /etc/nginx/sandfit/certificate.pem;
    ssl_certificate_key /etc/nginx/sandfit/key.pem;
    root /srv/www;
    client_max_body_size 4m;
    access_log /var/log/nginx/sandfit.log;
    location /list/ { alias /srv/; autoindex on; }
    location /tcp/ { proxy_pass http://127.0.0.1:8901/; }
    location /unix/ { proxy_pass http://unix:/run/sandfit-test/scratch/backend.sock:/; }
    location /cached/ { proxy_cache sandfit; proxy_cache_valid 200 1m; proxy_pass http://127.0.0.1:8901/; }
    location /gone { return 410; }
}
SITE
}

reset() {
    rm -rf /var/cache/nginx/sandfit/*
    # Numbered directories for temporary files: a run makes those that are not there, and at strict only what
    # a run was seen to make may be made.
    rm -rf /var/lib/nginx/*/*
    rm -f /var/log/nginx/sandfit.log.1
}

ready() { until_ok 10 nc -z 127.0.0.1 80; }

# Reads nothing until nginx has put a part of the answer into a temporary file: socket buffers alone cannot hold 40 MB.
waiting_reader() {
    local connection
    exec {connection}<>/dev/tcp/127.0.0.1/80
    printf 'GET /tcp/big?n=40000000 HTTP/1.0\r\nHost: localhost\r\n\r\n' >&"$connection"
    # The file has no name any more: nginx unlinks it once it is open.
    until_ok 20 eval '{ find /proc/[0-9]*/fd -lname "/var/lib/nginx/proxy/*" || true; } | has .'
    test "$(wc -c <&"$connection")" -gt 40000000
}

workload() {
    background python3 "$here/backend.py" 8901 "$work/backend.sock"
    step "the backend is up" 'until_ok 20 nc -z 127.0.0.1 8901'
    step "a file over IPv4 and IPv6" 'curl -sf http://127.0.0.1/ | has hello; curl -sf -g "http://[::1]/" | has hello'
    step "3 MB, and a range" 'curl -sf http://127.0.0.1/big | cmp - /srv/www/big; test $(curl -sf -r 100-199 http://127.0.0.1/big | wc -c) = 100'
    step "TLS" 'curl -sfk https://127.0.0.1/ | has hello'
    step "a directory listing" 'curl -sf http://127.0.0.1/list/ | has www'
    step "404, 410" 'test $(http_status http://127.0.0.1/nope) = 404; test $(http_status http://127.0.0.1/gone) = 410'
    step "a body that is too large" 'test $(head -c 5000000 /dev/zero | http_status -H Expect: --data-binary @- http://127.0.0.1/tcp/x) = 413'
    step "a backend over TCP and over a Unix socket" 'curl -sf http://127.0.0.1/tcp/a | has "GET /a"; curl -sf http://127.0.0.1/unix/b | has "GET /b"'
    step "an upload that goes through a temporary file" 'head -c 2000000 /dev/zero | curl -sf --data-binary @- http://127.0.0.1/tcp/up | has body=2000000'
    step "a reader that waits, answered from a temporary file" waiting_reader
    step "the cache answers without the backend" 'curl -sf http://127.0.0.1/cached/count >$work/count; curl -sf http://127.0.0.1/cached/count | cmp - $work/count; find /var/cache/nginx/sandfit -type f | has .'
    # A request is logged after its answer, and each worker opens the new log when the master has told it to.
    step "log rotation" 'mv /var/log/nginx/sandfit.log /var/log/nginx/sandfit.log.1; kill -USR1 $(systemctl show -P MainPID $unit); until_ok 20 eval "curl -sf http://127.0.0.1/?rotated && grep rotated /var/log/nginx/sandfit.log"'
    step "reload with a changed answer" 'sed -i s/410/418/ $site; reload; until_ok 20 eval "test \$(http_status http://127.0.0.1/gone) = 418"; sed -i s/418/410/ $site; reload'
    step "restart" 'restart; curl -sf http://127.0.0.1/ | has hello'
}
