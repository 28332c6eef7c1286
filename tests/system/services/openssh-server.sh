# openssh-server: sessions are other users' whole systems: other ids, PAM, terminals, file transfer, forwarding; the
# sessions' processes leave the unit's cgroup.
unit=ssh.service
key=/root/.ssh/sandfit
client_options="-i $key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o BatchMode=yes -o ConnectTimeout=5"

prepare() {
    id tester >/dev/null 2>&1 || useradd -m -s /bin/bash tester
    mkdir -p -m 700 /root/.ssh ~tester/.ssh
    [ -e $key ] || ssh-keygen -q -t ed25519 -N '' -f $key
    cp $key.pub /root/.ssh/authorized_keys
    cp $key.pub ~tester/.ssh/authorized_keys
    chown -R tester: ~tester/.ssh
    install -m 4755 /usr/bin/id /usr/local/bin/sandfit-setuid-id
    ssh-keygen -A >/dev/null
}

reset() { rm -f ~tester/written ~tester/sent /tmp/sandfit-ssh /etc/sandfit-ssh; }

ready() { until_ok 10 nc -z 127.0.0.1 22; }

as() { ssh $client_options "$1@${host:-127.0.0.1}" "${@:2}"; }
forwarded() {
    local ssh status=0
    ssh $client_options -N -L 8922:127.0.0.1:8921 tester@127.0.0.1 &
    ssh=$!
    until_ok 20 eval 'curl -sf http://127.0.0.1:8922/x | grep "GET /x"' || status=1
    kill $ssh
    return $status
}

workload() {
    background python3 "$here/backend.py" 8921 "$work/backend.sock"
    step "a user: id, groups, home" 'test "$(as tester "id -un; id -gn; pwd" | paste -sd,)" = tester,tester,/home/tester'
    step "over IPv6" 'host=::1 as tester true'
    step "the user writes into home and /tmp" 'as tester "echo x >~/written && echo x >/tmp/sandfit-ssh"; test "$(stat -c %U ~tester/written)" = tester; test -s /tmp/sandfit-ssh'
    step "a terminal" 'as tester -tt tty | has /dev/pts'
    step "a set-uid program" 'as tester sandfit-setuid-id | has euid=0'
    step "root writes into /etc, asks systemd" 'as root "touch /etc/sandfit-ssh && rm /etc/sandfit-ssh && systemctl is-active ssh" | has active'
    step "files come and go by sftp" 'head -c 300000 /dev/urandom >$work/file; scp -q $client_options $work/file tester@127.0.0.1:sent; cmp $work/file ~tester/sent; scp -q $client_options tester@127.0.0.1:sent $work/back; cmp $work/file $work/back'
    step "3 MB through a pipe" 'head -c 3000000 /dev/urandom >$work/file; as tester cat <$work/file | cmp - $work/file'
    step "a port is forwarded" 'until_ok 20 nc -z 127.0.0.1 8921; forwarded'
    step "a program that writes code and runs it" 'as tester "python3 -c \"import mmap; mmap.mmap(-1, 4096, prot=7)\""'
    step "an unknown key, an unknown user" 'rm -f $work/key*; ssh-keygen -q -t ed25519 -N "" -f $work/key; fails env key=$work/key ssh -F none -i $work/key -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes tester@127.0.0.1 true; fails as nobody-there true'
    step "logins are in the log" 'until_ok 20 eval "journalctl -q -b -o cat -t sshd -t sshd-session --since -60s | grep \"Accepted publickey for tester\""'
    # sshd executes itself anew, and for a moment nobody listens.
    step "reload" 'reload; until_ok 20 as tester true'
    step "restart" 'restart; as tester true'
}
