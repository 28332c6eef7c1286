// Facts, evidence, runs and gaps in a few words, each one escaped line. What the drop-in, the texts and the JSON
// say about the same thing comes from here.
#ifndef SANDFIT_RENDER_DESCRIBE_H
#define SANDFIT_RENDER_DESCRIBE_H

#include <sandfit/profile.h>
#include <sandfit/suggestion.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sandfit::render {

/// "create /run/nginx.pid", "CAP_CHOWN in fchown", "bind AF_INET 0.0.0.0:80". One line, printable.
std::string describe_fact(const Fact& fact);

/// "3 times, by /usr/sbin/nginx, in openat". One line, printable.
std::string describe_evidence(const Evidence& evidence);

/// "Debian GNU/Linux 12 (bookworm), Linux 6.1.0, systemd 252, glibc 2.36, x86_64", without what is not known.
std::string describe_host(const HostIdentity& host);

/// "2026-11-22 04:05:32 UTC, 60 s, observe --restart, workload `wrk ...` (exit status 0)"
std::string describe_run(const Run& run);

/// "2026-11-22 04:05:32 UTC"; "unknown" for what is no time of this age.
std::string describe_time(std::int64_t microseconds);

/// "12 tasks, 34 open files in one process, 0 KiB locked in one"; "" when none was sampled.
std::string describe_peaks(const std::map<Used, Peak>& peaks);

/// By which mechanisms what was watched, subjects watched in the same way together: "syscalls, sockets by
/// tp_btf/sys_exit; files by fentry/security_path_*, iter/task_file". "" when no mechanism is known. One line,
/// printable.
std::string describe_ways(const Coverage& coverage);

/// What the recording could not see or lost, one sentence each without a full stop; empty when there is nothing to
/// tell.
std::vector<std::string> describe_gaps(const Coverage& coverage, const std::vector<Run>& runs);

std::string_view word_for(Tightness tightness);
std::string_view word_for(Verdict verdict);
std::string_view word_for(Subject subject);
std::string_view word_for(Phase phase);

}  // namespace sandfit::render

#endif
