# redis-server: a user of its own; fork for dumps, rename of dump and append-only file, Lua, threads, a replica.
unit=redis-server.service

prepare() {
    # The Unix socket that redis.conf describes is off by default.
    sed -i 's|^# unixsocket /.*|unixsocket /run/redis/redis-server.sock|; s|^# unixsocketperm.*|unixsocketperm 770|' /etc/redis/redis.conf
    # Debian ships this unit hardened. The test wants to see what sandfit finds by itself.
    mkdir -p /etc/systemd/system/$unit.d
    cat >/etc/systemd/system/$unit.d/05-not-hardened.conf <<'UNIT'
[Service]
UMask=0022
PrivateTmp=no
PrivateDevices=no
ProtectHome=no
ProtectSystem=no
ReadWritePaths=
CapabilityBoundingSet=~
LockPersonality=no
MemoryDenyWriteExecute=no
NoNewPrivileges=no
PrivateUsers=no
ProtectClock=no
ProtectControlGroups=no
ProtectHostname=no
ProtectKernelLogs=no
ProtectKernelModules=no
ProtectKernelTunables=no
ProtectProc=default
RemoveIPC=no
RestrictAddressFamilies=
RestrictNamespaces=no
RestrictRealtime=no
RestrictSUIDSGID=no
SystemCallArchitectures=
SystemCallFilter=
NoExecPaths=
ExecPaths=
UNIT
    systemctl daemon-reload
}

reset() { rm -rf /var/lib/redis/*; }

ready() { until_ok 10 eval 'redis-cli ping | grep PONG'; }

workload() {
    step "set, get, incr" 'redis-cli set k v1 | has OK; redis-cli get k | has v1; redis-cli incr n | has -E "^[0-9]+$"'
    step "over a Unix socket and IPv6" 'redis-cli -s /run/redis/redis-server.sock get k | has v1; redis-cli -h ::1 ping | has PONG'
    step "20,000 keys through a pipe" 'seq -f "SET key:%.0f value" 20000 | redis-cli --pipe | has "errors: 0"; redis-cli dbsize | has 2000'
    step "a transaction" 'printf "DEL a\nMULTI\nINCR a\nINCR a\nEXEC\n" | redis-cli | has 2'
    step "Lua" 'redis-cli eval "return redis.call(\"GET\", KEYS[1])" 1 k | has v1'
    step "publish and subscribe" 'timeout 25 redis-cli subscribe c >$work/subscriber 2>&1 & until_ok 20 eval "redis-cli publish c hello | grep 1"; until_ok 20 grep hello $work/subscriber; kill $! || true'
    step "a dump by a child, renamed into place" 'rm -f /var/lib/redis/dump.rdb; redis-cli bgsave | has started; until_ok 10 test -s /var/lib/redis/dump.rdb; until_ok 10 eval "redis-cli info persistence | grep rdb_bgsave_in_progress:0"; redis-cli info persistence | has rdb_last_bgsave_status:ok'
    step "the append-only file, and its rewrite" 'redis-cli config set appendonly yes | has OK; until_ok 10 eval "redis-cli info persistence | grep aof_rewrite_in_progress:0"; redis-cli set l x | has OK; redis-cli bgrewriteaof; sleep 0.3; until_ok 10 eval "redis-cli info persistence | grep aof_rewrite_in_progress:0"; redis-cli info persistence | has aof_last_bgrewrite_status:ok; ls /var/lib/redis/appendonlydir | has aof; redis-cli config set appendonly no'
    step "memory is freed by a thread" 'redis-cli unlink key:1 key:2 | has 2; redis-cli flushall async | has OK; redis-cli set k v1'
    step "reports" 'redis-cli memory doctor; redis-cli slowlog get 1; redis-cli client list | has addr='
    step "a replica gets the data" 'rm -rf $work/replica; mkdir -p $work/replica; redis-server --port 6390 --dir $work/replica --replicaof "127.0.0.1 6379" --daemonize yes --save "" >/dev/null; until_ok 15 eval "redis-cli -p 6390 get k | grep v1"; redis-cli -p 6390 shutdown nosave || true'
    step "an unknown command is an error" 'redis-cli nosuch | has "unknown command"'
    step "the log is written" 'has "Background saving" </var/log/redis/redis-server.log'
    step "restart keeps the data" 'redis-cli set keep 42; restart; redis-cli get keep | has 42'
}
