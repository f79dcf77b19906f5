package plumb

import "testing"

// BenchmarkCapture keeps 64 MiB. B/op shows how often they are copied: what is
// above 64 MiB was.
func BenchmarkCapture(b *testing.B) {
	const size = 64 << 20
	b.SetBytes(size)
	b.ReportAllocs()
	block := make([]byte, PipeSize)
	for range b.N {
		r, w, err := ReadPipe()
		if err != nil {
			b.Fatal(err)
		}
		grow(int(w.Fd()), PipeSize)
		c := ReadCapture(r, size, func() { b.Error("it is too much") })
		for range size / len(block) {
			if _, err := w.Write(block); err != nil {
				b.Fatal(err)
			}
		}
		w.Close()
		c.Wait()
		if len(c.Bytes()) != size {
			b.Fatalf("%d bytes", len(c.Bytes()))
		}
	}
}
