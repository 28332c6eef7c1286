# prometheus-node-exporter: a user of its own; a Go program that reads all over /proc and /sys, netlink, a directory
# of text files.
unit=prometheus-node-exporter.service
texts=/var/lib/prometheus/node-exporter

prepare() {
    mkdir -p $texts
    echo "ARGS=\"--web.listen-address=127.0.0.1:9100 --collector.processes --collector.textfile.directory=$texts\"" \
        >/etc/default/prometheus-node-exporter
}

reset() {
    rm -f $texts/*
    echo 'sandfit_text 17' >$texts/sandfit.prom
}

ready() { until_ok 10 nc -z 127.0.0.1 9100; }

scrape() { curl -sf http://127.0.0.1:9100/metrics >"$work/metrics"; }
# value METRIC [LABELS] : from the last scrape
value() { awk -v name="$1" '$1 == name { printf "%.0f", $2 }' "$work/metrics"; }

workload() {
    step "metrics" 'scrape; test $(wc -l <$work/metrics) -gt 400'
    # Those that a lab has something to read for.
    step "the collectors find what they read" 'for collector in cpu diskstats filefd filesystem loadavg meminfo netclass netdev netstat processes sockstat softnet stat textfile time uname vmstat; do has "node_scrape_collector_success{collector=\"$collector\"} 1" <$work/metrics || { echo $collector; exit 1; }; done'
    step "the memory is this machine's" 'test "$(value node_memory_MemTotal_bytes)" = "$(awk "/^MemTotal/ { printf \"%.0f\", \$2 * 1024 }" /proc/meminfo)"'
    step "the root file system" 'has "node_filesystem_size_bytes{.*mountpoint=\"/\"} [1-9]" <$work/metrics'
    step "network interfaces" 'has "node_network_info{.*device=\"lo\"" <$work/metrics'
    step "other users' processes" 'test $(value node_processes_pids) -ge $(ps -e --no-headers | wc -l | awk "{ print int(\$1 * 0.7) }")'
    step "boot time, context switches" 'test $(value node_boot_time_seconds) -gt 1000000000; test $(value node_context_switches_total) -gt 0'
    step "itself" 'test $(value process_open_fds) -gt 0; test $(value process_resident_memory_bytes) -gt 0'
    step "a text file, and a new one" 'test $(value sandfit_text) = 17; echo "sandfit_more 18" >$texts/more.prom; scrape; test $(value sandfit_more) = 18'
    step "30 scrapes, 3 at once" 'seq 30 | xargs -P 3 -I{} curl -sf -o /dev/null http://127.0.0.1:9100/metrics'
    step "a landing page" 'curl -sf http://127.0.0.1:9100/ | has Metrics'
    step "restart" 'restart; scrape; test $(value sandfit_text) = 17'
}
