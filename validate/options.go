package validate

import "strings"

// word is an element of an argv on its way through the rules on programs.
type word struct {
	text string // what stands for a reference is x
	at   int    // the index of the job's own argument that it is from
}

// option is one option as its program understands it.
type option struct {
	name  string // its letter, with a + where that stands for the -, or its long name in full
	at    word   // the element that it stands in
	value word   // what it was given; of the element itself where it is attached
	given bool   // whether it was given a value
}

// grammar says how a program reads its options. It names only those that take
// a value or matter to a rule: all others are switches.
type grammar struct {
	// short are the letters. After a letter, : means a value, attached or as
	// the next argument; ? one that can only be attached; # digits attached.
	short string
	// long are the names, blank-separated. A name ends in = where a value is
	// attached with = or is the next argument, in == or === where it is the
	// next two or three, and in ? where it can only be attached.
	long   string
	ends   string // options behind which everything is for what they start
	stop   bool   // options end at the first operand
	exact  bool   // long options are not recognised by their beginning
	single bool   // long options may begin with one dash
	plus   bool   // a + begins options, too
}

// parse reads args: the options, and what is left over.
func (g grammar) parse(args []word) (opts []option, rest []word) {
	for len(args) > 0 {
		text, before, taken := args[0].text, len(opts), 1
		switch {
		case text == "--":
			return opts, append(rest, args[1:]...)
		case strings.HasPrefix(text, "--"), g.single && g.isSingle(text):
			opts, taken = g.longOption(args, opts)
		case len(text) > 1 && (text[0] == '-' || g.plus && text[0] == '+'):
			opts, taken = g.cluster(args, opts)
		case g.stop:
			return opts, args
		default:
			rest = append(rest, args[0])
		}
		args = args[min(taken, len(args)):]
		for _, o := range opts[before:] {
			if listed(g.ends, o.name) {
				return opts, append(rest, args...)
			}
		}
	}
	return opts, rest
}

// isSingle reports whether text is a long option with one dash.
func (g grammar) isSingle(text string) bool {
	if len(text) < 2 || text[0] != '-' {
		return false
	}
	name, _, _ := strings.Cut(text[1:], "=")
	full, _ := g.longName(name)
	return full == name
}

// longName finds the option that name means, and how many values it takes; -1
// stands for one that can only be attached. As getopt_long does, it takes the
// beginning of a name for the name.
func (g grammar) longName(name string) (full string, values int) {
	full = name
	found := false
	for entry := range strings.FieldsSeq(g.long) {
		bare := strings.TrimRight(entry, "=?")
		if bare != name && (found || g.exact || name == "" || !strings.HasPrefix(bare, name)) {
			continue
		}
		found, full, values = true, bare, strings.Count(entry, "=")
		if strings.HasSuffix(entry, "?") {
			values = -1
		}
		if bare == name {
			break
		}
	}
	return full, values
}

// longOption reads the one that args begin with.
func (g grammar) longOption(args []word, opts []option) (more []option, taken int) {
	name, value, attached := strings.Cut(strings.TrimLeft(args[0].text, "-"), "=")
	full, values := g.longName(name)
	o := option{name: full, at: args[0]}
	switch {
	case attached:
		o.value, o.given, values = word{value, args[0].at}, true, 0
	case values > 0 && len(args) > 1:
		o.value, o.given = args[1], true
	}
	return append(opts, o), 1 + max(0, values)
}

// cluster reads the letters that args begin with.
func (g grammar) cluster(args []word, opts []option) (more []option, taken int) {
	sign, letters := args[0].text[:1], args[0].text[1:]
	for letters != "" {
		o := option{name: letters[:1], at: args[0]}
		if sign == "+" {
			o.name = "+" + o.name
		}
		kind := g.shortKind(letters[0])
		letters = letters[1:]
		switch {
		case kind == ':' && letters == "":
			if len(args) > 1 {
				o.value, o.given = args[1], true
			}
			return append(opts, o), 2
		case kind == ':' || kind == '?':
			o.value, o.given = word{letters, args[0].at}, letters != ""
			return append(opts, o), 1
		case kind == '#':
			letters = strings.TrimLeft(letters, "0123456789")
		}
		opts = append(opts, o)
	}
	return opts, 1
}

// shortKind is the mark behind letter in g.short, or 0.
func (g grammar) shortKind(letter byte) byte {
	if at := strings.IndexByte(g.short, letter); at >= 0 && at+1 < len(g.short) && strings.IndexByte(":?#", letter) < 0 {
		return g.short[at+1]
	}
	return 0
}

// listed reports whether name is one of the blank-separated names of list.
func listed(list, name string) bool {
	for entry := range strings.FieldsSeq(list) {
		if entry == name {
			return true
		}
	}
	return false
}

// pick is the first of opts that list has.
func pick(opts []option, list string) (o option, ok bool) {
	for _, o := range opts {
		if listed(list, o.name) {
			return o, true
		}
	}
	return option{}, false
}
