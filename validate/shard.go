package validate

import (
	"fmt"
	"path"

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
	for _, w := range notMerged(asWords(argv[1:])) {
		a := argv[1+w.at]
		text := a.Text.Value
		if a.Kind != spec.ArgText {
			text = "of files"
		}
		c.add("SL111", a.Pos, 1, fmt.Sprintf("sort %s can't be shared and merged", text+w.text), "leave it out, or leave shard out")
	}
}

// blockwise warns of a stage that looks at more than a line, and has of the
// stream only blocks (SL708). Programs that count are none: their numbers can
// be summed.
func (c *check) blockwise(s *spec.Stage) {
	d, argv := s.Shard, s.Argv()
	if d == nil || len(argv) == 0 || c.unsure(d.Layout) {
		return
	}
	if d.Layout.Key("merge").IsSet() && d.Merge.Value != "ordered" && d.Merge.Value != "any" {
		return // it is merged, or nobody knows how it is to be
	}
	command := argv[0].Text.Value
	name := path.Base(command)
	if command != name && !path.IsAbs(command) {
		return // a program of the project, which may only be called so
	}
	does, hint := map[string]string{
		"sort": "sorts each part of the stream by itself",
		"tac":  "turns each part of the stream around by itself",
		"uniq": "does not see that the lines of two parts of the stream are equal",
		"head": "takes the first of each part of the stream",
		"tail": "takes the last of each part of the stream",
		"nl":   "numbers the lines of each part of the stream from 1",
	}[name], "leave shard out"
	args := asWords(argv[1:])
	switch name {
	case "sort":
		if len(notMerged(args)) == 0 && d.By.Value != "bytes" {
			hint = "write merge: sorted"
			if d.Pos == d.Workers.Pos && d.Workers.Value > 0 {
				hint = "write shard: {workers: " + d.Workers.Raw + ", merge: sorted}"
			}
		}
	case "cat":
		opts, _ := grammar{long: "number number-nonblank"}.parse(args)
		if o, numbers := pick(opts, "n b number number-nonblank"); numbers {
			does = o.at.text + " numbers the lines of each part of the stream from 1"
		}
	}
	if does != "" {
		c.add("SL708", d.Pos, 1, name+" "+does, hint)
	}
}
