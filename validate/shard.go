package validate

import (
	"fmt"
	"path"
	"slices"

	"sluice/spec"
)

// mostBlock is the longest block of a stream that copies share, in bytes.
const mostBlock = 1 << 30

// shard checks that copies of s can share its stream (SL111).
func (c *check) shard(s *spec.Stage) {
	d := s.Shard
	if d == nil {
		return
	}
	c.word(d.By, spec.ShardCuts(), "way to cut a stream")
	c.word(d.Merge, spec.ShardMerges(), "way to join what copies write")
	if d.Block.Value > mostBlock {
		c.add("SL018", d.Block.Pos, len(d.Block.Raw), fmt.Sprintf("block is %s; expected at most 1GiB", d.Block.Raw), "each copy has a block in memory")
	}
	if s.Inputs.IsSet() {
		c.add("SL111", d.Pos, 1, "an input can be read by one process, and shard makes several", "let one stage open the inputs, and another one share its output")
	}
	if d.Merge.Value != "sorted" {
		return
	}
	if d.By.Value == "bytes" {
		c.at("SL111", d.By, "sort sorts lines, and bytes cut through them", "remove by")
	}
	argv := s.Argv()
	if len(argv) == 0 || !argv[0].Text.IsSet() {
		return
	}
	if name := path.Base(argv[0].Text.Value); name != "sort" {
		c.at("SL111", d.Merge, fmt.Sprintf("sorted merges what sort has sorted, and the command is %s", name), "write merge: ordered, or any")
		return
	}
	for _, at := range notMerged(argv[1:]) {
		a := argv[1+at]
		c.add("SL111", a.Pos, 1, fmt.Sprintf("sort %s can't be shared and merged", a.Text.Value), "leave it out, or leave shard out")
	}
}

// notMerged are the arguments, by their index, with which several sorts and a
// sort -m do not do what one sort does (sort(1) of GNU coreutils and of BSD):
// files, other outputs, random and stable orders, lines that end with NUL, one of
// lines that are equal only by their keys.
func notMerged(args []spec.Arg) (at []int) {
	g := grammar{
		short: "k:t:S:T:o:",
		long:  "key= field-separator= buffer-size= temporary-directory= output= parallel= batch-size= compress-program= sort= random-source= files0-from= check? stable random-sort zero-terminated merge debug reverse unique numeric-sort ignore-case",
	}
	var words []word
	for i, a := range args {
		text := a.Text.Value
		if a.Kind != spec.ArgText {
			text = "file" // of a pattern or a list
		}
		words = append(words, word{text, i})
	}
	opts, rest := g.parse(words)
	order := slices.ContainsFunc(opts, func(o option) bool { return listed("b d f g h i k M n V key sort ignore-case numeric-sort", o.name) })
	for _, o := range opts {
		switch o.name {
		case "u", "unique":
			if order { // lines may differ that it takes for one, and which of them is kept depends on where they are
				at = append(at, o.at.at)
			}
		case "o", "c", "C", "m", "s", "R", "z", "output", "random-source", "files0-from", "check", "stable", "random-sort", "zero-terminated", "merge", "debug":
			at = append(at, o.at.at)
		case "sort":
			if o.value.text == "random" {
				at = append(at, o.at.at)
			}
		}
	}
	for _, w := range rest {
		at = append(at, w.at)
	}
	slices.Sort(at)
	return slices.Compact(at)
}
