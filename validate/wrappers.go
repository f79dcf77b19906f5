package validate

import (
	"strings"
)

// wrapperJudge finds what judges the program called name, which starts the
// one that its arguments name or hands them to a shell (SL302).
func wrapperJudge(name string) judgement {
	switch name {
	case "env":
		return (*inquiry).env
	case "timeout":
		return (*inquiry).timeout
	case "setsid":
		return (*inquiry).setsid
	case "nohup":
		return (*inquiry).nohup
	case "busybox", "toybox":
		return func(q *inquiry, c call) { q.tail(c, c.args()) }
	case "flock":
		return (*inquiry).flock
	case "setarch":
		return (*inquiry).setarch
	case "sudo", "doas", "pkexec":
		return (*inquiry).sudo
	case "su", "runuser":
		return (*inquiry).su
	case "start-stop-daemon":
		return (*inquiry).startStopDaemon
	case "run-parts":
		return (*inquiry).runParts
	case "docker", "podman", "nerdctl":
		return (*inquiry).container
	case "kubectl", "oc":
		return (*inquiry).kubectl
	case "ip", "cmake", "uv", "poetry", "pipenv", "bundle", "nix":
		return (*inquiry).subcommand
	case "ld.so":
		return (*inquiry).loader
	}
	if strings.HasPrefix(name, "ld-linux") || strings.HasPrefix(name, "ld-musl") {
		return (*inquiry).loader
	}
	if _, ok := wrapperOf(name); ok {
		return (*inquiry).wrapper
	}
	return nil
}

// wrapper is how a program takes the command that it starts.
type wrapper struct {
	grammar
	operands int    // that stand before the command
	shell    bool   // the command goes to a shell
	direct   string // the options with which it does not
	text     string // the options whose value goes to a shell
	starts   string // the options with which it starts a shell itself
	alone    bool   // without a command it starts a shell
	none     string // the options with which it starts nothing
	hint     string // what to write where a shell is started
}

func wrapperOf(name string) (wrapper, bool) {
	if w, ok := ofCoreutils(name); ok {
		return w, true
	}
	if w, ok := ofLinux(name); ok {
		return w, true
	}
	return ofShellText(name)
}

// ofCoreutils are the programs that only change how another one runs.
func ofCoreutils(name string) (w wrapper, ok bool) {
	w.stop, ok = true, true
	switch name {
	case "nohup", "eatmydata", "catchsegv", "chronic", "ifne", "torsocks", "unbuffer", "linux-user-chroot", "fakechroot":
	case "nice":
		w.short, w.long = "n:", "adjustment="
	case "setsid":
		w.long = "ctty fork wait"
	case "stdbuf":
		w.short, w.long = "i:o:e:", "input= output= error="
	case "time":
		w.short, w.long = "f:o:", "format= output="
	case "xargs":
		w.short, w.long = "a:d:E:I:L:n:P:s:e?i?l?", "arg-file= delimiter= eof? replace? max-lines? max-args= max-procs= max-chars= process-slot-var="
	case "chroot":
		w.long, w.operands, w.alone = "userspec= groups=", 1, true
	case "logsave":
		w.operands = 1
	case "tini", "catatonit":
		w.short = "p:e:"
	case "dumb-init":
		w.short, w.long = "r:", "rewrite="
	case "gosu", "su-exec", "setuidgid", "s6-setuidgid":
		w.operands = 1
	case "sshpass":
		w.short = "f:d:p:P:"
	case "xvfb-run":
		w.short, w.long = "e:f:n:p:s:w:", "error-file= auth-file= server-num= xauth-protocol= server-args= wait="
	case "caffeinate":
		w.short = "t:w:"
	case "fakeroot":
		w.short, w.long, w.alone = "l:s:i:b:", "lib= faked= fd-base=", true
	case "dbus-run-session":
		w.long = "config-file= dbus-daemon="
	case "proxychains", "proxychains4":
		w.short = "f:"
	case "cpulimit":
		w.short, w.long = "l:p:e:P:c:", "limit= pid= exe= path= cpu="
	case "valgrind":
		w.exact = true
	case "strace":
		w.short, w.long, w.none = "a:b:e:E:I:o:O:p:P:s:S:u:U:X:", "columns= argv0= env= interruptible= output= summary-syscall-overhead= attach= trace-path= string-limit= summary-sort-by= user= summary-columns= const-print-style= trace= inject= fault= status= signal=", "p attach"
	case "ltrace":
		w.short, w.long, w.none = "a:A:D:e:F:l:n:o:p:s:u:w:x:X:", "align= debug= config= library= indent= output= where=", "p"
	default:
		ok = false
	}
	return w, ok
}

// ofLinux are those that change what the kernel grants to another program.
func ofLinux(name string) (w wrapper, ok bool) {
	w.stop, ok = true, true
	switch name {
	case "ionice":
		w.short, w.long, w.none = "c:n:p:P:u:", "class= classdata= pid= pgid= uid=", "p P u pid pgid uid"
	case "taskset":
		w.operands, w.none = 1, "p pid"
	case "chrt":
		w.short, w.long, w.operands, w.none = "T:P:D:", "sched-runtime= sched-period= sched-deadline=", 1, "p pid m max"
	case "choom":
		w.short, w.long, w.none = "n:p:", "adjust= pid=", "p pid"
	case "prlimit":
		w.short, w.none = "p:o:c?d?e?f?i?l?m?n?q?r?s?t?u?v?x?y?", "p pid"
		w.long = "pid= output= as? core? cpu? data? fsize? locks? memlock? msgqueue? nice? nofile? nproc? rss? rtprio? rttime? sigpending? stack?"
	case "unshare":
		w.short, w.alone = "S:G:R:w:l:", true
		w.long = "mount? uts? ipc? net? pid? user? cgroup? time? mount-proc? mount-binfmt? kill-child? propagation= setgroups= map-user= map-group= map-users= map-groups= setuid= setgid= root= wd= monotonic= boottime= load-interp="
	case "nsenter":
		w.short, w.alone = "t:S:G:N:m?u?i?n?p?C?U?T?r?w?W:", true
		w.long = "target= mount? uts? ipc? net? net-socket= pid? cgroup? user? user-parent time? setuid= setgid= root? wd? wdns="
	case "setpriv":
		w.long, w.none = "ambient-caps= inh-caps= bounding-set= ruid= euid= rgid= egid= reuid= regid= groups= securebits= pdeathsig= ptracer= selinux-label= apparmor-profile= landlock-access= landlock-rule= seccomp-filter= dump list-caps", "d dump list-caps"
	case "linux32", "linux64", "i386", "x86_64", "uname26":
		w.long, w.alone = "pid=", true
	case "bwrap":
		w.exact = true
		w.long = "args= argv0= userns= userns2= pidns= uid= gid= hostname= chdir= unsetenv= lock-file= sync-fd= exec-label= file-label= proc= dev= tmpfs= mqueue= dir= seccomp= add-seccomp-fd= block-fd= userns-block-fd= info-fd= json-status-fd= cap-add= cap-drop= perms= size= remount-ro= overlay-src= tmp-overlay= ro-overlay= setenv== bind== bind-try== dev-bind== dev-bind-try== ro-bind== ro-bind-try== bind-fd== ro-bind-fd== file== bind-data== ro-bind-data== symlink== chmod== overlay==="
	case "systemd-run":
		w.short, w.starts = "p:u:M:H:C:E:", "S shell"
		w.long = "unit= property= description= slice= uid= gid= nice= setenv= working-directory= service-type= machine= host= capsule= on-active= on-boot= on-startup= on-unit-active= on-unit-inactive= on-calendar= timer-property= path-property= socket-property= background= job-mode= root-directory= shell"
	default:
		ok = false
	}
	return w, ok
}

// ofShellText are those that hand a command to a shell.
func ofShellText(name string) (w wrapper, ok bool) {
	w.stop, ok = true, true
	switch name {
	case "parallel", "sem":
		w.shell, w.hint = true, "write matrix: with max_parallel:, or xargs -P, which starts its command directly"
		w.none = "citation number-of-cores number-of-cpus"
	case "watch":
		w.short, w.long, w.shell, w.direct = "n:q:d?", "interval= differences? equexit= exec", true, "x exec"
		w.hint = "watch --exec starts the command directly"
	case "script":
		w.short, w.long = "c:T:t?O:I:B:E:m:o:", "command= timing? log-out= log-in= log-io= log-timing= logging-format= output-limit= echo="
		w.text, w.alone, w.hint = "c command", true, "a job's output is recorded by itself"
		w.operands = 1 // the file; since 2.41 a command may follow it
	case "execlineb":
		w.short, w.text, w.hint = "c:", "c", "put the program into a file with a #! line and run that"
		w.operands = 1 << 20 // a script and its arguments
	case "hyperfine":
		w.short, w.shell, w.direct = "w:m:M:r:s:p:c:P:D:L:S:i?n:u:", true, "N"
		w.long = "warmup= min-runs= max-runs= runs= setup= prepare= conclude= cleanup= parameter-scan= parameter-step-size= parameter-list= shell= style= sort= time-unit= export-json= export-csv= export-markdown= output= input= command-name="
		w.hint = "hyperfine -N starts the command directly"
	default:
		ok = false
	}
	return w, ok
}

func (q *inquiry) wrapper(c call) {
	w, _ := wrapperOf(c.name)
	opts, rest := w.parse(c.args())
	if _, ok := pick(opts, w.none+" help version"); ok {
		return
	}
	if o, ok := pick(opts, w.text); ok {
		q.toShell(o.at, c.says(optionText(o))+" hands its text to a shell", w.hint)
		return
	}
	if o, ok := pick(opts, w.starts); ok {
		q.toShell(o.at, c.says(optionText(o))+" starts a shell", w.hint)
		return
	}
	_, direct := pick(opts, w.direct)
	operands := min(w.operands, len(rest))
	if c.name == "chrt" && operands > 0 && !isCount(rest[0].text) {
		operands = 0 // a policy without a priority
	}
	rest = rest[operands:]
	switch {
	case len(rest) == 0 && w.alone:
		q.toShell(c.argv[0], c.says()+" without a command starts a shell", w.hint)
	case len(rest) > 0 && w.shell && !direct:
		q.toShell(c.argv[0], c.says()+" hands its command to a shell", w.hint)
	default:
		q.tail(c, rest)
	}
}

// toShell reports what makes c hand text to a shell.
func (q *inquiry) toShell(at word, msg, hint string) {
	if hint != "" {
		hint += "\n"
	}
	q.add("SL302", at, msg, hint+allowHint("SL302"))
}

func isCount(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
