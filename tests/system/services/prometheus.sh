# prometheus: a user of its own; a Go program that scrapes itself, maps its database, watches files, reloads.
unit=prometheus.service
configuration=/etc/prometheus/prometheus.yml
data=/var/lib/prometheus/metrics2

prepare() {
    mkdir -p /etc/systemd/system/$unit.d /etc/prometheus/targets
    { cat "$here/services/not-hardened.conf"; echo "LimitMEMLOCK="; } >/etc/systemd/system/$unit.d/05-not-hardened.conf
    cat >/etc/prometheus/rules.yml <<'CONF'
groups:
- name: sandfit
  interval: 1s
  rules:
  - record: sandfit:up:sum
    expr: sum(up)
CONF
    echo 'ARGS="--web.listen-address=127.0.0.1:9090 --web.enable-admin-api"' >/etc/default/prometheus
    systemctl daemon-reload
}

reset() {
    rm -rf $data/*
    rm -f /etc/prometheus/targets/*
    echo '[{"targets": ["127.0.0.1:9090"], "labels": {"via": "file"}}]' >/etc/prometheus/targets/a.json
    cat >$configuration <<'CONF'
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [/etc/prometheus/rules.yml]
scrape_configs:
- job_name: itself
  static_configs: [{targets: ['127.0.0.1:9090']}]
- job_name: files
  file_sd_configs: [{files: ['/etc/prometheus/targets/*.json']}]
CONF
}

ready() { until_ok 10 curl -sf http://127.0.0.1:9090/-/ready; }

api() { curl -sf -G "http://127.0.0.1:9090/api/v1/$1" "${@:2}"; }
found() { api query --data-urlencode "query=$1" | grep '"value":\['; }

workload() {
    # The first targets are scraped five seconds after a start: the new file comes before.
    step "a new file with targets is noticed" 'echo "[{\"targets\": [\"127.0.0.1:1\"], \"labels\": {\"via\": \"new\"}}]" >/etc/prometheus/targets/b.json; until_ok 20 eval "api targets | grep 127.0.0.1:1/"'
    step "it scrapes itself, by its configuration and by a file" 'until_ok 20 found "up{job=\"itself\"} == 1"; until_ok 20 found "up{via=\"file\"} == 1"'
    step "a recording rule" 'until_ok 20 found sandfit:up:sum'
    step "a range, a rate, a bad query" 'api query_range --data-urlencode "query=rate(prometheus_http_requests_total[10s])" -d start=$(($(date +%s) - 20)) -d end=$(date +%s) -d step=1 | has success; test $(http_status -G http://127.0.0.1:9090/api/v1/query -d "query=sum(") = 400'
    step "the write-ahead log is on disk" 'find $data/wal -type f | has .; test -e $data/queries.active'
    step "a snapshot" 'curl -sf -X POST http://127.0.0.1:9090/api/v1/admin/tsdb/snapshot | has success; find $data/snapshots -name index | has .'
    step "a series is deleted" 'test $(http_status -g -X POST "http://127.0.0.1:9090/api/v1/admin/tsdb/delete_series?match[]=go_info") = 204; test $(http_status -X POST http://127.0.0.1:9090/api/v1/admin/tsdb/clean_tombstones) = 204'
    step "health, own metrics, state" 'curl -sf http://127.0.0.1:9090/-/healthy | has -i healthy; curl -sf http://127.0.0.1:9090/metrics | has process_resident; api status/tsdb | has headStats'
    step "reload: a changed file is taken, a broken one is not" 'sed -i "s/job_name: itself/job_name: renamed/" $configuration; reload; until_ok 20 eval "api status/config | grep renamed"; cp $configuration $work/good.yml; echo nonsense >>$configuration; reload; found "prometheus_config_last_reload_successful" >/dev/null; cat $work/good.yml >$configuration; reload; api status/config | has renamed'
    step "restart keeps the data" 'restart; until_ok 20 found "prometheus_build_info offset 3s"'
}
