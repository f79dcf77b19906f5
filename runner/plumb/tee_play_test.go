package plumb

import (
	"fmt"
	"io"
	"os"
	"strconv"
)

// playZeros writes so many zeros.
func playZeros(args []string) int {
	left, err := strconv.Atoi(args[0])
	if err != nil {
		return 2
	}
	buf := make([]byte, 64<<10)
	for left > 0 {
		n, err := os.Stdout.Write(buf[:min(left, len(buf))])
		if err != nil {
			return 1
		}
		left -= n
	}
	return 0
}

// playCount says how many bytes it reads.
func playCount([]string) int {
	n, buf := 0, make([]byte, 64<<10)
	for {
		got, err := os.Stdin.Read(buf)
		n += got
		if err == io.EOF {
			break
		}
		if err != nil {
			return 1
		}
	}
	fmt.Println(n)
	return 0
}
