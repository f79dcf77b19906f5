// Wordserver is a small server and its client: it tells how often a word
// stands in a text. It speaks one line for each word, over TCP.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	args := append(os.Args[1:], "", "", "")[:3]
	var err error
	switch args[0] {
	case "serve":
		err = serve(args[1], args[2])
	case "ask":
		err = ask(args[1], args[2])
	default:
		err = errors.New("usage: wordserver serve ADDRESS FILE | ask ADDRESS WORD")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "wordserver:", err)
		os.Exit(1)
	}
}

// serve answers until TERM comes.
func serve(address, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	counts := map[string]int{}
	for word := range strings.FieldsSeq(string(text)) {
		counts[word]++
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	go func() { // ends with the process
		<-term
		listener.Close()
	}()
	fmt.Println("listening on", listener.Addr())
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			fmt.Println("told to stop")
			return nil
		} else if err != nil {
			return err
		}
		answer(conn, counts)
	}
}

// answer serves one client to its end.
func answer(conn net.Conn, counts map[string]int) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		if _, err := fmt.Fprintln(conn, counts[lines.Text()]); err != nil {
			return // the client has gone
		}
	}
}

// ask prints what the server says of word.
func ask(address, word string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := fmt.Fprintln(conn, word); err != nil {
		return err
	}
	count, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s", word, count)
	return nil
}
