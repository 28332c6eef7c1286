"""Units that try how systemd reads unit files, for settings_tests.py. Their names begin with "sf-".

Each is loaded by the running systemd and read from its files by sandfit, and both must say the same of every setting.
"""

SWITCHES = ("PrivateTmp PrivateDevices PrivateNetwork PrivateIPC PrivateUsers PrivateMounts ProtectClock "
            "ProtectControlGroups ProtectHome ProtectHostname ProtectKernelLogs ProtectKernelModules "
            "ProtectKernelTunables ProtectSystem LockPersonality MemoryDenyWriteExecute NoNewPrivileges RemoveIPC "
            "RestrictRealtime RestrictSUIDSGID").split()


def service(*lines):
    return "\n".join(["[Service]", "ExecStart=/bin/true", *lines, ""])


# The text of a unit's file, by the unit's name less "sf-" and ".service".
TEXTS = {
    # Lines.
    "comments": service("Environment=A=b \\", "# not this", "; nor this", "  C=d", "User = daemon ", "#Group=daemon"),
    "blanks": " [Service] \n\t ExecStart = /bin/true \n  Environment=\"A=a\\\n b\"\n",
    "returns": "[Service]\r\nExecStart=/bin/true\r\nUMask=0077\rProtectHome=yes\n",
    "nul": "[Service]\nExecStart=/bin/true\0UMask=0077\0\n\0ProtectHome=yes\n",
    "mark": "\ufeff[Service]\nExecStart=/bin/true\n\ufeffUMask=0077\n",
    "open-end": "[Service]\nExecStart=/bin/true\nUMask=0077\\",
    "sections": "A=b\n[Unit]\nDescription=Hello %p  world\nDefaultDependencies=no\nRefuseManualStop=yes\n"
                "[Nowhere]\nUMask=0\n[X-Ours]\nUMask=0\n[service]\nUMask=0\n" + service("no sign", "=x", "Nope=1"),
    "utf8": service("Environment=\"A=\u00e4\u20ac\"", "ReadWritePaths=\"/\u00e4 b\""),
    "quotes": service("ReadWritePaths=/a \"/b", "ReadWritePaths=/c /d\\", "Environment=A=b 'C=d", "UnsetEnvironment=E \\"),
    "escapes": service("Environment=A=\\q B=c", "Environment=\"C=\\x41 \\u00e4\" D=\\s",
                       "ExecStartPre=/bin/x \\q \\x \\u00e4 \\303\\244 \\s.", "UnsetEnvironment=A\\x42 C"),
    # Lists of words and paths.
    "environment": service("Environment=A=b \"C=d e\" 'F=g \\x41 h'", "Environment=A=c \"Q=\\\"\" N= junk =x",
                           "PassEnvironment=X Y X", "UnsetEnvironment=P Q"),
    "paths": service("ReadWritePaths=/a//b/ -/c \"-+/d e\" +/f /g/../h rel \\x2fz '/q\"r'", "ReadWritePaths=/i",
                     "InaccessiblePaths=/a", "InaccessiblePaths=", "InaccessiblePaths=/x/./y %t/z %%p /%H/h",
                     "ReadOnlyDirectories=/ro", "ExecPaths=/usr/bin", "NoExecPaths=/", "ExtensionDirectories=/e1",
                     "TemporaryFileSystem=/var:ro,mode=755 /x", "ExecSearchPath=/a:/b//c",
                     "BindPaths=/a:/b -/c:/d:norbind /e", "BindReadOnlyPaths=/f:/g:rbind"),
    "bind-reset": service("BindPaths=/a", "BindReadOnlyPaths=", "BindReadOnlyPaths=/c /d:"),
    "directories": service("StateDirectory=x y/z a/x a-b a", "StateDirectoryMode=0700", "CacheDirectory=c",
                           "LogsDirectory=%p/l", "ConfigurationDirectory=d ../no /abs private/x",
                           "RuntimeDirectory=a:b:c q:r s", "RuntimeDirectoryMode=0711",
                           "RuntimeDirectoryPreserve=restart"),
    # Lists that are combined.
    "caps": service("CapabilityBoundingSet=CAP_CHOWN cap_kill 12 nonsense", "CapabilityBoundingSet=~CAP_CHOWN",
                    "AmbientCapabilities=CAP_NET_BIND_SERVICE", "AmbientCapabilities=~CAP_KILL"),
    "caps-deny": service("CapabilityBoundingSet=~CAP_SYS_ADMIN CAP_KILL", "CapabilityBoundingSet=~CAP_CHOWN"),
    "caps-reset": service("CapabilityBoundingSet=", "CapabilityBoundingSet=CAP_CHOWN"),
    "caps-tilde": service("CapabilityBoundingSet=CAP_CHOWN", "CapabilityBoundingSet=~"),
    "caps-tilde-more": service("CapabilityBoundingSet=CAP_CHOWN", "CapabilityBoundingSet=~",
                               "CapabilityBoundingSet=CAP_KILL"),
    "caps-none": service("CapabilityBoundingSet="),
    "calls": service("SystemCallFilter=@system-service", "SystemCallFilter=~@privileged @resources",
                     "SystemCallErrorNumber=EPERM", "SystemCallArchitectures=native x86",
                     "SystemCallArchitectures=x86-64 nope"),
    "calls-deny": service("SystemCallFilter=~@clock @mount:ENOSYS ptrace:13 nosuchcall @nosuchgroup",
                          "SystemCallFilter=settimeofday", "SystemCallFilter=~kexec_load:kill"),
    "calls-errors": service("SystemCallFilter=@basic-io open:EPERM", "SystemCallFilter=~read:EACCES write",
                            "SystemCallErrorNumber=1", "SystemCallLog=~@raw-io"),
    "calls-reset": service("SystemCallFilter=@basic-io", "SystemCallFilter=", "SystemCallFilter=~@raw-io"),
    "calls-emptied": service("SystemCallFilter=read", "SystemCallFilter=~read @default"),
    "families": service("RestrictAddressFamilies=AF_INET AF_UNIX AF_LOCAL AF_NOPE", "RestrictAddressFamilies=~AF_INET",
                        "RestrictAddressFamilies=AF_NETLINK AF_ROUTE"),
    "families-none": service("RestrictAddressFamilies=none"),
    "families-none-deny": service("RestrictAddressFamilies=none", "RestrictAddressFamilies=~AF_PACKET"),
    "families-emptied": service("RestrictAddressFamilies=AF_UNIX", "RestrictAddressFamilies=~AF_UNIX"),
    "families-deny": service("RestrictAddressFamilies=~AF_PACKET \"AF_NETLINK\"", "RestrictAddressFamilies=AF_PACKET"),
    "namespaces": service("RestrictNamespaces=user net", "RestrictNamespaces=~net"),
    "namespaces-deny": service("RestrictNamespaces=~user", "RestrictNamespaces=~mnt", "RestrictNamespaces=user"),
    "namespaces-switch": service("RestrictNamespaces=yes", "RestrictNamespaces=cgroup"),
    "namespaces-wrong": service("RestrictNamespaces=user bogus"),
    "namespaces-time": service("RestrictNamespaces=time"),
    "namespaces-all-but": service("RestrictNamespaces=no", "RestrictNamespaces=~user"),
    "networks": service("RestrictFileSystems=ext4 tmpfs @network", "RestrictFileSystems=~tmpfs",
                        "RestrictNetworkInterfaces=eth0 lo", "RestrictNetworkInterfaces=~lo", "SocketBindDeny=any",
                        "SocketBindAllow=ipv4:tcp:80-90", "SocketBindAllow=tcp", "SocketBindAllow=ipv6:udp:53",
                        "SocketBindAllow=443", "SocketBindAllow=junk"),
    "addresses": service("IPAddressDeny=any", "IPAddressAllow=localhost 10.1.2.3/8 fe80::1/64 1.2.3.4 ::1 bad/33",
                         "IPAddressAllow=link-local multicast"),
    "devices": service("DeviceAllow=/dev/null rw", "DeviceAllow=char-pts", "DeviceAllow=/dev/zero w",
                       "DeviceAllow=/etc/passwd", "DevicePolicy=strict"),
    "delegate": service("Delegate=yes"),
    "delegate-some": service("Delegate=cpu memory", "Delegate=pids nope"),
    "delegate-none": service("Delegate="),
    "delegate-not": service("Delegate=cpu", "Delegate=no"),
    # Single values.
    "switches": service(*(f"{name}=yes" for name in SWITCHES)),
    "words": service("NoNewPrivileges=TRUE", "PrivateTmp=y", "ProtectHostname=maybe", "LockPersonality=",
                     "ProtectSystem=true", "ProtectHome=1", "RemoveIPC=0", "PrivateMounts=t", "ProtectProc=invisible",
                     "ProcSubset=pid", "KeyringMode=inherit", "DevicePolicy=strict", "MountFlags=slave",
                     "Personality=x86", "UMask=27"),
    "words-wrong": service("ProtectSystem=bogus", "ProtectSystem=full", "ProtectHome=tmpfs", "UMask=9",
                           "MountAPIVFS=yes", "MountFlags=shared", "PrivateMounts=yes", "PrivateMounts="),
    "modes": service("PrivateTmp=disconnected", "PrivateUsers=identity", "ProtectControlGroups=strict",
                     "PrivatePIDs=yes"),
    "modes-more": service("PrivateTmp=yes", "PrivateUsers=self", "ProtectControlGroups=private"),
    "times": "[Service]\nType=notify\nExecStart=/bin/true\nTimeoutStartSec=1min 30\nTimeoutStopSec=0\n"
             "RestartSec=1.5s\nRuntimeMaxSec=2h5min\nRestart=on-failure\nRestartKillSignal=SIGHUP\n"
             "KillSignal=RTMIN+3\nFinalKillSignal=6\nNotifyAccess=none\nFileDescriptorStoreMax=4\n",
    "times-both": "[Service]\nType=oneshot\nExecStart=/bin/true\nExecStart=/bin/false a\nTimeoutSec=5 6\n"
                  "RemainAfterExit=yes\nKillSignal=INT\n",
    "oneshot": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    "only-stop": "[Service]\nExecStop=/bin/true\nRemainAfterExit=yes\n",
    "bus": "[Service]\nBusName=org.example.Foo\nExecStart=/bin/true\n",
    "limits": service("LimitNOFILE=100:200", "LimitCPU=1min", "LimitCORE=infinity", "LimitNICE=+5",
                      "LimitMEMLOCK=64K:1M", "LimitRTTIME=5s", "LimitNPROC=5", "LimitAS=1G", "TasksMax=50",
                      "MemoryMax=1.5G", "MemoryLow=10M", "CPUWeight=idle", "IOWeight=50", "Nice=-5",
                      "OOMScoreAdjust=500", "OOMPolicy=continue"),
    "limits-wrong": service("LimitNOFILE=300:200", "LimitRTPRIO=x", "TasksMax=infinity", "MemoryMax=infinity",
                            "MemoryHigh=junk", "Nice=99", "Nice=", "CPUSchedulingPolicy=fifo",
                            "CPUSchedulingPriority=10", "IOSchedulingClass=idle", "SyslogFacility=local3",
                            "SyslogLevel=debug", "LogLevelMax=err"),
    "commands": "[Service]\nType=oneshot\nExecStart=-/bin//sh -c 'echo \"a b\" $X \\x41' ; +/bin/true ; @/bin/ls ls x\n"
                "ExecStart=!!/bin/a b\\;c \\; d\nExecStartPre=-+/bin/x %n %N %p %i\n"
                "ExecStartPost=:/bin/echo $$ ${A}\nExecReload=sh -c x\nExecStop=-/no/dir/\n"
                "ExecStopPost=/bin/z \\q \\\n  more\nExecCondition=!/bin/c\n",
    "streams": service("StandardInput=file:/etc/hosts", "StandardOutput=append:/var/log/x", "StandardError=fd:foo"),
    "streams-socket": service("StandardInput=socket", "StandardOutput=inherit"),
    "streams-tty": service("StandardInput=tty", "StandardOutput=tty", "StandardError=inherit", "TTYPath=/dev/tty9"),
    "streams-old": service("StandardOutput=syslog", "StandardError=null", "LogNamespace=foo",
                           "LogRateLimitIntervalSec=5s", "LogRateLimitBurst=7"),
    "who": service("User=daemon", "Group=12", "SupplementaryGroups=adm tty", "SupplementaryGroups=www-data",
                   "WorkingDirectory=-/srv/x/", "RootDirectory=/srv/%p", "PAMName=login", "SyslogIdentifier=%p-%n",
                   "Slice=foo-bar.slice", "PIDFile=x.pid", "EnvironmentFile=-/etc/default/x", "EnvironmentFile=/etc/y",
                   "SELinuxContext=-foo", "AppArmorProfile=bar"),
    "who-root": service("WorkingDirectory=~", "RootImage=/srv/x.img", "DevicePolicy=closed", "User=root", "User=",
                        "Group=0", "UtmpIdentifier=abc", "UtmpMode=user"),
    # What follows from others.
    "implied": service("PrivateDevices=yes", "ProtectClock=1", "ProtectKernelLogs=on", "ProtectKernelModules=t",
                       "DeviceAllow=/dev/null rw", "CapabilityBoundingSet=CAP_SYS_TIME CAP_MKNOD CAP_CHOWN"),
    "dynamic": service("DynamicUser=yes", "StateDirectory=b"),
    "dynamic-some": service("DynamicUser=yes", "ProtectHome=tmpfs", "PrivateTmp=no", "User=joe"),
}

# Files below a unit directory: E is /etc/systemd/system, R is /run/systemd/system. None: a link to /dev/null.
TREE = {
    "R/sft@.service": "[Service]\nExecStart=/bin/echo %i %I %j %J %p %P %f %n %N %%\nStateDirectory=%p/%i\nUser=%j\n"
                      "ReadWritePaths=%S/%I %E/x %C/y %L/z %h\n",
    "R/sf-foo-bar@.service": service("Environment=X=%i"),
    "R/sf-foo-bar@.service.d/10-a.conf": "[Service]\nEnvironment=T=template\n",
    "R/sf-foo-bar@q.service.d/20-b.conf": "[Service]\nEnvironment=I=instance\n",
    "R/sf-foo-.service.d/05-p.conf": "[Service]\nEnvironment=P=prefix\n",
    "R/sf-foo-@q.service.d/06-p.conf": "[Service]\nEnvironment=PI=prefix-instance\n",
    "R/sf-.service.d/04-p.conf": "[Service]\nEnvironment=PP=first-prefix\n",
    "R/service.d/90-all.conf": "[Service]\nEnvironment=ALL=1\n",
    "R/sf-main.service": service("ReadWritePaths=/main", "UMask=0011"),
    "R/sf-main.service.d/10-x.conf": "[Service]\nReadWritePaths=/run10\nUMask=0022\n",
    "E/sf-main.service.d/10-x.conf": "[Service]\nReadWritePaths=/etc10\nUMask=0033\n",
    "R/sf-main.service.d/30-y.conf": "[Service]\nReadWritePaths=\nReadWritePaths=/y\n",
    "R/sf-main.service.d/40-m.conf": "[Service]\nUMask=0044\n",
    "E/sf-main.service.d/40-m.conf": None,
    "R/sf-main.service.d/50-z.txt": "[Service]\nUMask=0055\n",
    "R/sf-main.service.d/.hidden.conf": "[Service]\nUMask=0066\n",
    "R/sf-alias.service.d/35-alias.conf": "[Service]\nReadWritePaths=/alias\n",
    "R/sf-masked.service": None,
    "R/sf-empty.service": "",
    "R/sf-headless.service": "[Service]\nExecStart=/bin/true\n[Unit\n",
    "R/sf-bytes.service": b"[Service]\nExecStart=/bin/true\nUMask=\xff\n",
    "R/sf-refused.service": "[Service]\nExecStart=bin/true\n",
}
LINKS = {
    "E/sf-alias.service": "/run/systemd/system/sf-main.service",
    "E/sft@one.service": "sft@.service",
    "R/sf-talias@.service": "sf-foo-bar@.service",
    "R/sf-linked.service": "/srv/sf-made.service",
    "R/sf-loop-a.service": "sf-loop-b.service",
    "R/sf-loop-b.service": "sf-loop-a.service",
    "R/sf-plain-of-template.service": "sft@.service",
}
IN_TREE = ["sft@a-b\\x2dc.service", "sft@one.service", "sf-foo-bar@q.service", "sf-talias@q.service",
           "sf-talias@zz.service", "sf-main.service", "sf-alias.service", "sf-linked.service"]
NOT_LOADED = ["sf-masked.service", "sf-empty.service", "sf-headless.service", "sf-bytes.service", "sf-refused.service",
              "sf-loop-a.service", "sf-plain-of-template.service", "sf-nosuch.service"]
