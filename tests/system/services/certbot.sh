# certbot: a oneshot behind a timer. It renews a certificate with an authority on loopback: binds port 80, makes a
# key, changes links, runs a hook. The unit's whole run lies between start and stop.
unit=certbot.service
home=/etc/letsencrypt
deployed=/var/lib/sandfit-deployed/certificate.pem

# The authority must be there whenever the unit is started, not only while the workload runs.
prepare() {
    mkdir -p /etc/systemd/system/$unit.d $(dirname $deployed)
    cp "$here/services/not-hardened.conf" /etc/systemd/system/$unit.d/05-not-hardened.conf
    systemctl daemon-reload
    systemctl is-active -q sandfit-authority ||
        systemd-run -q --unit sandfit-authority \
            python3 -B "$here/services/acme.py" 14000 /var/lib/sandfit-authority.pem
    until_ok 10 nc -z 127.0.0.1 14000
    rm -rf $home/live $home/archive $home/renewal $home/accounts
    certbot certonly -q --standalone -n --agree-tos -m nobody@example.org -d lab.test \
        --server http://127.0.0.1:14000/directory
    printf '#!/bin/sh\ncat "$RENEWED_LINEAGE/fullchain.pem" >%s\n' $deployed >$home/renewal-hooks/deploy/sandfit
    chmod 755 $home/renewal-hooks/deploy/sandfit
    rm -rf $home.prepared
    cp -a $home $home.prepared
}

# Each renewal adds files: every start finds the first one.
reset() {
    rm -rf $home $deployed /var/log/letsencrypt/*
    cp -a $home.prepared $home
}

ready() { serial >/dev/null; }

serial() { openssl x509 -noout -serial -in $home/live/lab.test/cert.pem; }

workload() {
    step "the unit runs, and succeeds" 'serial >$work/serial; readlink $home/live/lab.test/cert.pem >$work/link; rm $deployed; restart; test $(systemctl show -P Result $unit) = success'
    step "a new certificate was written and linked" 'serial | fails cmp - $work/serial; readlink $home/live/lab.test/cert.pem | fails cmp - $work/link'
    step "its key fits, and is private" 'test "$(openssl x509 -noout -pubkey -in $home/live/lab.test/cert.pem)" = "$(openssl pkey -pubout -in $home/live/lab.test/privkey.pem)"; test $(stat -Lc %a $home/live/lab.test/privkey.pem) = 600'
    step "the authority has signed it" 'openssl verify -CAfile /var/lib/sandfit-authority.pem $home/live/lab.test/cert.pem'
    step "the hook ran" 'cmp $deployed $home/live/lab.test/fullchain.pem'
    step "the log is written" 'has "Cert not due\|renewal" <$(ls -t /var/log/letsencrypt/letsencrypt.log* | head -1)'
    # A oneshot is never active when it is done: what comes after a workload would ask for that.
    exit
}
