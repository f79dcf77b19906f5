package validate

import (
	"slices"
	"strings"

	"sluice/spec"
)

// sortGrammar is how sort reads its options (sort(1) of GNU coreutils 9.1;
// that of FreeBSD has the same letters, and most of the names).
var sortGrammar = grammar{
	short: "k:t:S:T:o:",
	long: "ignore-leading-blanks check? compress-program= debug dictionary-order ignore-case files0-from= general-numeric-sort " +
		"ignore-nonprinting key= merge month-sort numeric-sort human-numeric-sort version-sort random-sort random-source= sort= " +
		"output= reverse stable batch-size= buffer-size= field-separator= temporary-directory= unique zero-terminated parallel= help version",
}

// notMerged are those of args, the arguments of a sort, with which several
// sorts and a sort -m do not do what one sort does: files, other outputs,
// random and stable orders, lines that end with NUL, one of lines that are
// equal only by their keys. The text of each is what makes it so beside the
// argument itself.
func notMerged(args []word) (list []word) {
	opts, rest := sortGrammar.parse(args)
	order, ordered := pick(opts, "b d f g h i k M n V key sort ignore-leading-blanks dictionary-order ignore-case general-numeric-sort "+
		"ignore-nonprinting month-sort numeric-sort human-numeric-sort version-sort")
	for _, o := range opts {
		altered, at := false, word{at: o.at.at}
		switch o.name {
		case "u", "unique":
			// Lines may differ that it takes for one, and which of them is kept
			// depends on where they are.
			if altered = ordered; order.at != o.at {
				at.text = " with " + order.at.text
			}
		case "k", "key":
			altered, at.text = strings.Contains(o.value.text, "R"), besideOf(o)
		case "sort":
			altered, at.text = o.value.text != "" && strings.HasPrefix("random", o.value.text), besideOf(o)
		default:
			altered = listed("o c C m s R z output files0-from check stable random-sort random-source zero-terminated merge debug", o.name)
		}
		if altered && !slices.ContainsFunc(list, func(w word) bool { return w.at == at.at }) {
			list = append(list, at)
		}
	}
	for _, w := range rest {
		list = append(list, word{at: w.at})
	}
	return list
}

// besideOf is the value of o, where that is an argument of its own.
func besideOf(o option) string {
	if o.value.at == o.at.at {
		return ""
	}
	return " " + o.value.text
}

// asWords are args as a program would have them. What only a plan knows is x.
func asWords(args []spec.Arg) []word {
	list := make([]word, 0, len(args))
	for i, a := range args {
		text := "x"
		if a.Kind == spec.ArgText {
			text = a.Text.Masked()
		}
		list = append(list, word{text, i})
	}
	return list
}
