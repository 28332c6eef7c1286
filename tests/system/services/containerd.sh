# containerd: root with a delegated cgroup; an image made here, content and snapshots, containers by a shim and runc:
# namespaces, mounts, cgroups, pivot_root, and whatever runs in the containers.
unit=containerd.service
image=localhost/sandfit:1

# An image of one static program, in the format of `docker save`.
prepare() {
    python3 - "$work" <<'PYTHON'
import hashlib, io, json, sys, tarfile

def archive(path, files):
    with tarfile.open(path, "w") as tar:
        for name, (content, link) in files.items():
            member = tarfile.TarInfo(name)
            member.mode = 0o755
            if link:
                member.type, member.linkname = tarfile.SYMTYPE, link
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))

layer = sys.argv[1] + "/layer.tar"
tools = {f"bin/{name}": (b"", "busybox") for name in ("sh", "cat", "ls", "id", "hostname", "echo", "mount", "sleep")}
archive(layer, {"bin/busybox": (open("/bin/busybox", "rb").read(), None), **tools})
content = open(layer, "rb").read()
config = {"architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/bin"], "Cmd": ["sh"]},
          "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(content).hexdigest()]}}
manifest = [{"Config": "config.json", "RepoTags": ["localhost/sandfit:1"], "Layers": ["layer.tar"]}]
archive("/var/lib/sandfit-image.tar", {"manifest.json": (json.dumps(manifest).encode(), None),
                                       "config.json": (json.dumps(config).encode(), None), "layer.tar": (content, None)})
PYTHON
}

# Shims and containers outlive the unit; those of a workload that failed are still there.
reset() {
    local group mounted
    systemctl kill -s KILL $unit 2>/dev/null || true
    # A stopped unit has no group any more, as far as systemd is concerned.
    group=/sys/fs/cgroup/system.slice/$unit/cgroup.kill
    [ ! -e $group ] || echo 1 >$group
    for group in /sys/fs/cgroup/default/*/cgroup.kill; do [ ! -e "$group" ] || echo 1 >"$group"; done
    for mounted in $(awk '$2 ~ /^\/run\/containerd\// { print $2 }' /proc/mounts); do umount -l "$mounted"; done
    rm -rf /run/containerd/* /var/lib/containerd/*
}

ready() { until_ok 15 ctr version; }

# A lab need not have the controllers of cgroup2, of which ctr sets this one.
container() { ctr run --cpu-shares 0 "$@"; }

# once CMD... : in a container of its own; more CMD... : in one that runs. Each time under another name.
once() { container --rm ${options:-} $image "once-$BASHPID" "$@"; }
more() { ctr tasks exec --exec-id "more-$BASHPID" "$@"; }
# says LINE CMD... : ctr of containerd 1.6 may hear of the end of a short program before it has opened the program's
# output, which is lost then. What ended well and said nothing is asked again.
says() {
    local said=''
    for _ in 1 2 3 4 5; do
        said=$("${@:2}") || return
        [ -z "$said" ] || break
    done
    has -x "$1" <<<"$said"
}

workload() {
    step "an image is imported" 'ctr images import /var/lib/sandfit-image.tar; ctr images list -q | has sandfit; ctr content list -q | has sha256'
    step "a container: output and exit status" 'says hello once echo hello; fails container --rm $image two ls /no-such'
    step "its own processes and mounts" 'says 1 once sh -c "echo \$\$"; fails container --rm --read-only $image four sh -c "echo x >/x"'
    step "a directory of the host" 'mkdir -p $work/shared; echo kept >$work/shared/file; options="--mount type=bind,src=$work/shared,dst=/mnt,options=rbind:ro" says kept once cat /mnt/file'
    step "a container's root is mounted where others see it" 'container -d $image eight sleep 60; has /run/containerd/io.containerd.runtime.v2.task/default/eight/rootfs </proc/mounts; ctr tasks kill -s KILL eight; until_ok 20 eval "ctr tasks list | grep eight.*STOPPED"; ctr tasks rm eight || true; ctr containers rm eight'
    step "one in the background: tasks, a second program, signals" 'container -d $image six sleep 60; ctr tasks list | has "six.*RUNNING"; says 1000 more --user 1000 six id -u; ctr tasks pause six; ctr tasks list | has PAUSED; ctr tasks resume six; ctr tasks kill -s KILL six; until_ok 20 eval "ctr tasks list | grep six.*STOPPED"; ctr tasks rm six || true; ctr containers rm six'
    step "a snapshot is made, looked at, removed" 'ctr snapshots prepare extra $(ctr snapshots list | awk "NR == 2 { print \$1 }"); ctr snapshots list | has extra; ctr snapshots rm extra'
    step "leases, namespaces, an event" 'ctr leases create --id sandfit; ctr leases list | has sandfit; ctr leases rm sandfit; ctr namespaces create sandfit; ctr namespaces list | has sandfit; ctr namespaces rm sandfit'
    step "an image out to a file, and gone" 'ctr images export $work/out.tar $image; test -s $work/out.tar; ctr images rm $image; ctr images list -q | fails grep sandfit'
    step "restart keeps a running container" 'ctr images import /var/lib/sandfit-image.tar; container -d $image seven sleep 60; restart; ctr tasks list | has "seven.*RUNNING"; ctr tasks kill -s KILL seven; until_ok 20 eval "ctr tasks list | grep seven.*STOPPED"; ctr tasks rm seven || true; ctr containers rm seven'
}
