package validate

import "strings"

// Programs that start another one in ways that no table holds.

func (q *inquiry) flock(c call) {
	g := grammar{short: "w:E:c:", long: "timeout= wait= conflict-exit-code= command= exclusive shared unlock nonblock close", stop: true}
	opts, rest := g.parse(c.args())
	if len(rest) > 1 { // the command's option may stand behind the file
		more, tail := grammar{short: "c:", long: "command=", ends: "c command", stop: true}.parse(rest[1:])
		opts, rest = append(opts, more...), tail
	} else {
		rest = nil // a descriptor
	}
	if o, ok := pick(opts, "c command"); ok {
		q.toShell(o.at, c.says(optionText(o))+" hands its text to a shell", "flock FILE COMMAND ARG… starts the command directly\nwhere only jobs of sluice hold the lock, leave flock out and write exclusive: NAME")
		return
	}
	q.tail(c, rest)
}

func (q *inquiry) setarch(c call) {
	rest := c.args()
	if len(rest) > 0 && !strings.HasPrefix(rest[0].text, "-") {
		rest = rest[1:] // the architecture
	}
	opts, rest := grammar{long: "pid= list verbose", stop: true}.parse(rest)
	if _, ok := pick(opts, "list help version p pid"); ok {
		return
	}
	if len(rest) == 0 {
		q.toShell(c.argv[0], c.says()+" without a command starts a shell", "")
		return
	}
	q.tail(c, rest)
}

// otherUser reports a program that runs a command as another user (SL801).
func (q *inquiry) otherUser(c call) {
	q.add("SL801", c.argv[0], c.says()+" runs its command as another user",
		"run sluice as the user that the job needs\n"+allowHint("SL801"))
}

// sudo judges sudo, doas and pkexec, which start the command directly.
func (q *inquiry) sudo(c call) {
	q.otherUser(c)
	g, starts, none := grammar{stop: true}, "", "help version"
	switch c.name {
	case "sudo":
		g.short, g.long = "u:g:h:p:C:r:t:T:U:D:R:a:c:", "user= group= host= prompt= close-from= role= type= command-timeout= other-user= chdir= chroot= auth-type= login-class= shell login list edit validate remove-timestamp reset-timestamp preserve-env?"
		starts, none = "s i shell login", "help version V l list e edit v validate K k remove-timestamp reset-timestamp"
	case "doas":
		g.short, starts, none = "u:C:a:", "s", "L"
	case "pkexec":
		g.long = "user="
	}
	opts, rest := g.parse(c.args())
	if o, ok := pick(opts, starts); ok {
		q.toShell(o.at, c.says(optionText(o))+" starts a shell", "")
		return
	}
	for c.name == "sudo" && len(rest) > 0 && isAssignment(rest[0].text) {
		rest = rest[1:]
	}
	_, nothing := pick(opts, none)
	switch {
	case len(rest) > 0: // sudo -k COMMAND runs it all the same
		q.tail(c, rest)
	case c.name == "pkexec" && !nothing:
		q.toShell(c.argv[0], c.says()+" without a command starts a shell", "")
	}
}

// su judges su and runuser, which hand what they run to the user's shell; only
// runuser -u starts a command directly.
func (q *inquiry) su(c call) {
	q.otherUser(c)
	g := grammar{short: "c:C:g:G:s:T:u:w:", long: "command= session-command= group= supp-group= shell= user= whitelist-environment= login", stop: true}
	opts, rest := g.parse(c.args())
	if _, ok := pick(opts, "u user"); ok && c.name == "runuser" {
		q.tail(c, rest)
		return
	}
	if g.stop = false; len(rest) > 0 {
		more, _ := g.parse(rest)
		opts = append(opts, more...)
	}
	if _, ok := pick(opts, "help version h V"); ok {
		return
	}
	if o, ok := pick(opts, "c C command session-command"); ok {
		q.toShell(o.at, c.says(optionText(o))+" hands its text to a shell", "")
		return
	}
	q.toShell(c.argv[0], c.says()+" without a command starts a shell", "")
}

func (q *inquiry) startStopDaemon(c call) {
	g := grammar{short: "x:a:p:u:g:n:s:R:c:r:d:N:P:I:k:O:", long: "exec= startas= pidfile= ppid= pid= user= group= name= signal= retry= chuid= chroot= chdir= nicelevel= procsched= iosched= umask= output= notify-timeout= start stop status"}
	opts, rest := g.parse(c.args())
	program, ok := pick(opts, "a startas")
	if !ok {
		program, ok = pick(opts, "x exec")
	}
	if _, start := pick(opts, "S start"); ok && start && program.given {
		q.tail(c, append([]word{program.value}, rest...))
	}
}

func (q *inquiry) runParts(c call) {
	opts, rest := grammar{short: "a:u:", long: "arg= umask= regex= test list report"}.parse(c.args())
	if _, ok := pick(opts, "test list help version"); !ok && len(rest) > 0 {
		q.add("SL302", c.argv[0], c.says()+" starts every program that it finds in a directory", "write a job for each of them\n"+allowHint("SL302"))
	}
}

// container judges docker run and its kin: what runs inside is the tail.
func (q *inquiry) container(c call) {
	global := grammar{short: "H:l:c:", long: "config= context= host= log-level= tlscacert= tlscert= tlskey= connection= url= root= runroot= namespace=", stop: true, exact: true}
	_, rest := global.parse(c.args())
	said := []string{}
	for len(rest) > 0 && listed("container compose run create exec", rest[0].text) {
		sub := rest[0].text
		said = append(said, sub)
		if rest = rest[1:]; sub == "compose" {
			_, rest = grammar{short: "f:p:", long: "file= project-name= profile= env-file= project-directory= parallel= progress= ansi=", stop: true, exact: true}.parse(rest)
			continue
		}
		if sub != "container" {
			opts, rest := containerRun.parse(rest)
			if len(rest) == 0 {
				return
			}
			tail := rest[1:] // behind the image, the container or the service
			if o, ok := pick(opts, "entrypoint"); ok && o.given {
				tail = append([]word{o.value}, tail...)
			}
			q.tail(c, tail, said...)
			return
		}
	}
}

var containerRun = grammar{
	short: "a:c:e:h:l:m:p:u:v:w:",
	long: "add-host= annotation= arch= attach= authfile= blkio-weight= cap-add= cap-drop= cgroup-parent= cgroupns= cidfile= cpu-period= cpu-quota= cpu-shares= cpus= cpuset-cpus= cpuset-mems= " +
		"detach-keys= device= dns= dns-option= dns-search= domainname= entrypoint= env= env-file= expose= gpus= group-add= health-cmd= health-interval= health-retries= health-start-period= " +
		"health-timeout= hostname= index= ip= ip6= ipc= isolation= label= label-file= link= log-driver= log-opt= mac-address= memory= memory-reservation= memory-swap= memory-swappiness= mount= " +
		"name= network= network-alias= net= oom-score-adj= os= pid= pids-limit= platform= pod= preserve-fds= publish= pull= restart= runtime= security-opt= shm-size= stop-signal= stop-timeout= storage-opt= sysctl= " +
		"tmpfs= ulimit= user= userns= uts= volume= volume-driver= volumes-from= workdir=",
	stop: true, exact: true,
}

func (q *inquiry) kubectl(c call) {
	for i, w := range c.args() {
		if w.text == "--" {
			q.tail(c, c.args()[i+1:], c.args()[0].text)
			return
		}
	}
}

// subcommand judges programs that start another one by a subcommand.
func (q *inquiry) subcommand(c call) {
	args := c.args()
	text := func(i int) string {
		if i < len(args) {
			return args[i].text
		}
		return ""
	}
	var said string
	skip := 0 // how many arguments stand before the command
	switch first, second := text(0), text(1); {
	case c.name == "ip" && first == "netns" && second == "exec", c.name == "ip" && first == "vrf" && second == "exec":
		said, skip = first+" exec", 3
	case c.name == "cmake" && first == "-E" && second == "time":
		said, skip = "-E time", 2
	case c.name == "cmake" && first == "-E" && second == "env":
		said, skip = "-E env", 2
		for skip < len(args) && (strings.HasPrefix(text(skip), "-") || isAssignment(text(skip))) {
			skip++
		}
	case c.name == "nix":
		for skip < len(args) && said == "" {
			if skip++; listed("-c --command", text(skip-1)) {
				said = first + " -c"
			}
		}
	case first == "run" && c.name != "bundle", first == "exec" && c.name == "bundle":
		said, skip = first, 1
		for c.name != "uv" && strings.HasPrefix(text(skip), "-") || c.name == "uv" && text(skip) == "--" {
			skip++
		}
	}
	if said != "" && skip < len(args) {
		q.tail(c, args[skip:], said)
	}
}

// loader judges the dynamic linker, called as a program.
func (q *inquiry) loader(c call) {
	g := grammar{long: "library-path= inhibit-rpath= audit= preload= argv0= glibc-hwcaps-prepend= glibc-hwcaps-mask= list verify", stop: true, exact: true}
	opts, rest := g.parse(c.args())
	if o, ok := pick(opts, "preload audit"); ok {
		q.add("SL303", o.at, c.says(optionText(o))+" loads code into the program", allowHint("SL303"))
	}
	if _, ok := pick(opts, "list verify help version"); !ok {
		q.tail(c, rest)
	}
}
