// Command sluice runs declarative job files: exact arguments, kernel pipes,
// and no shell.
package main

import "os"

func main() { os.Exit(sluice()) }

// sluice is the whole program on this process's own arguments and streams.
func sluice() int {
	c := &cli{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	return c.main(os.Args[1:])
}
