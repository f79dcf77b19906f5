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
