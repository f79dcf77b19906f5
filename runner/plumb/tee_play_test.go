package plumb

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"syscall"
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

// playNoise writes so many bytes that look like nothing.
func playNoise(args []string) int {
	n, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return 2
	}
	if _, err := io.CopyN(os.Stdout, noise(), n); err != nil {
		return 1
	}
	return 0
}

// noise is an endless stream, the same each time.
func noise() io.Reader { return rand.NewChaCha8([32]byte{}) }

// playSum says what the hash is of what it reads.
func playSum([]string) int {
	h := sha256.New()
	if _, err := io.Copy(h, os.Stdin); err != nil {
		return 1
	}
	fmt.Printf("%x\n", h.Sum(nil))
	return 0
}

// playStep copies one byte for each that it gets by descriptor 3, and at its end
// the rest.
func playStep([]string) int {
	control, b := os.NewFile(3, "control"), make([]byte, 1)
	for {
		if _, err := control.Read(b); err != nil {
			break
		}
		if _, err := os.Stdin.Read(b); err != nil {
			return 1
		}
		if _, err := os.Stdout.Write(b); err != nil {
			return 1
		}
	}
	return playCopy(nil)
}

// playFull lets a Tee keep more than files may hold, and says its error.
func playFull([]string) int {
	limit := syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return 2
	}
	in, w, err := Pipe()
	if err != nil {
		return 2
	}
	var outs, readers []*os.File
	for range 2 {
		r, out, err := ReadPipe()
		if err != nil {
			return 2
		}
		outs, readers = append(outs, out), append(readers, r)
	}
	tee := StartTee(in, outs, TeeOptions{Spill: 1 << 30})
	go io.CopyN(w, noise(), 64<<20)
	read, _ := io.Copy(io.Discard, readers[0])
	r := tee.Wait()
	runtime.KeepAlive(readers) // else nobody could read the second any more
	fmt.Println(r.Err)
	if read >= 64<<20 || r.Early || r.Cut {
		return 1
	}
	return 0
}
