// Messages counts the words of a text and tells of it by the message channel
// that sluice, or Node's child_process.fork, gives it.
//
//	messages count FILE    sends progress, its count, and its count as an output
//	messages collect       adds up what it is sent, until it is told to stop
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// channel is the other end of the parent's: lines of JSON both ways.
type channel struct {
	*json.Encoder
	*json.Decoder
}

func open() (*channel, error) {
	fd, err := strconv.Atoi(os.Getenv("NODE_CHANNEL_FD"))
	if err != nil {
		return nil, errors.New("there is no channel; give the job channel: true")
	}
	f := os.NewFile(uintptr(fd), "channel")
	return &channel{json.NewEncoder(f), json.NewDecoder(f)}, nil
}

// message is what the programs of this job file say to each other.
type message struct {
	From  string `json:"from,omitempty"`
	Words int    `json:"words,omitempty"`
	Cmd   string `json:"cmd,omitempty"`
}

// sluice is a message to sluice itself.
func sluice(key string, value any) any {
	return map[string]any{"sluice": map[string]any{key: value}}
}

func main() {
	args := append(os.Args[1:], "", "")[:2]
	c, err := open()
	switch {
	case err != nil:
	case args[0] == "count":
		err = c.count(args[1])
	case args[0] == "collect":
		err = c.collect()
	default:
		err = errors.New("usage: messages count FILE | collect")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "messages:", err)
		os.Exit(1)
	}
}

func (c *channel) count(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	lines := strings.SplitAfter(string(text), "\n")
	words := 0
	for i, line := range lines {
		words += len(strings.Fields(line))
		if i%100 == 0 {
			err = errors.Join(err, c.Encode(sluice("progress", float64(i)/float64(len(lines)))))
		}
	}
	return errors.Join(err, c.Encode(message{From: "go", Words: words}), c.Encode(sluice("output", map[string]int{"words": words})))
}

func (c *channel) collect() error {
	words := 0
	if err := c.Encode(sluice("ready", true)); err != nil {
		return err
	}
	for {
		var m message
		if err := c.Decode(&m); err != nil {
			return err
		}
		if m.Cmd == "stop" {
			break
		}
		fmt.Printf("%s counted %d words\n", m.From, m.Words)
		words += m.Words
	}
	fmt.Printf("%d words in all\n", words)
	return nil
}
