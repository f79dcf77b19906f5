// Endings ends as it is told, for the job file that shows every way to end.
package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func main() {
	args := append(os.Args[1:], "", "", "")[:3]
	switch args[0] {
	case "exit":
		fmt.Fprintln(os.Stderr, "endings: told to exit with", args[1])
		os.Exit(number(args[1]))
	case "copy-and-exit":
		if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, "endings:", err)
		}
		os.Exit(number(args[1]))
	case "from-attempt":
		if first, now := number(args[1]), number(args[2]); now < first {
			fmt.Fprintf(os.Stderr, "endings: attempt %d is too early\n", now)
			os.Exit(1)
		}
		fmt.Println("at last")
	case "kill-itself":
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			fmt.Fprintln(os.Stderr, "endings:", err)
		}
		os.Exit(1) // not reached: the signal comes first
	case "ignore-term":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("deaf to TERM")
		time.Sleep(time.Minute)
	case "leave-child":
		leave(&syscall.SysProcAttr{})
	case "leave-daemon":
		leave(&syscall.SysProcAttr{Setsid: true})
	case "wait":
		time.Sleep(time.Minute)
	case "tidy-up":
		term := make(chan os.Signal, 1)
		signal.Notify(term, syscall.SIGTERM)
		<-term
		fmt.Println("tidied up")
	case "fall-silent":
		fmt.Println("a word, and no other")
		time.Sleep(time.Minute)
	default:
		usage()
	}
}

// leave starts a process that holds this one's streams for a minute, and does
// not wait for it.
func leave(how *syscall.SysProcAttr) {
	files := []*os.File{os.Stdin, os.Stdout, os.Stderr}
	p, err := os.StartProcess(os.Args[0], []string{os.Args[0], "wait"}, &os.ProcAttr{Files: files, Sys: how})
	if err != nil {
		fmt.Fprintln(os.Stderr, "endings:", err)
		os.Exit(1)
	}
	fmt.Println("left behind process", p.Pid)
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		usage()
	}
	return n
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: endings exit N | copy-and-exit N | from-attempt FIRST NOW | kill-itself | ignore-term | leave-child | leave-daemon | wait | tidy-up | fall-silent")
	os.Exit(2)
}
