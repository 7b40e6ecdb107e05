// Reads a transparency log from a folder with golang.org/x/mod, which knows nothing of Stoa: signature, every entry, every tile, root.
// Usage: verify_log FOLDER VKEY
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if len(os.Args) != 3 {
		fail("usage: verify_log FOLDER VKEY")
	}
	folder := os.Args[1]
	verifier, err := note.NewVerifier(os.Args[2])
	check(err)
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	check(err)
	opened, err := note.Open(signed, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		fail("the checkpoint is not one of %s: %q", verifier.Name(), opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	check(err)

	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = hashes[index]
		}
		return found, nil
	})
	for index := int64(0); index < size; {
		bundle, err := os.ReadFile(filepath.Join(folder, path("entries", index/256, int(min(256, size-index/256*256)))))
		check(err)
		for len(bundle) > 0 {
			length := int(binary.BigEndian.Uint16(bundle))
			more, err := tlog.StoredHashes(index, bundle[2:2+length], reader)
			check(err)
			hashes = append(hashes, more...)
			bundle = bundle[2+length:]
			index++
		}
	}
	// x/mod gives the empty tree zeros, RFC 6962 the hash of nothing.
	if size > 0 {
		found, err := tlog.TreeHash(size, reader)
		check(err)
		if !bytes.Equal(found[:], root) {
			fail("the entries give another root")
		}
	}
	tiles := 0
	for level, count := 0, size; count > 0; level, count = level+1, count>>8 {
		for n := int64(0); n*256 < count; n++ {
			width := int(min(256, count-n*256))
			data, err := tlog.ReadTileData(tlog.Tile{H: 8, L: level, N: n, W: width}, reader)
			check(err)
			kept, err := os.ReadFile(filepath.Join(folder, path(strconv.Itoa(level), n, width)))
			check(err)
			if !bytes.Equal(data, kept) {
				fail("tile %d of level %d holds other hashes", n, level)
			}
			tiles++
		}
	}
	fmt.Printf("%d entries, %d tiles\n", size, tiles)
}

func path(level string, n int64, width int) string {
	text := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		text = fmt.Sprintf("x%03d/%s", n%1000, text)
	}
	text = "tile/" + level + "/" + text
	if width < 256 {
		text += fmt.Sprintf(".p/%d", width)
	}
	return text
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

func check(err error) {
	if err != nil {
		fail("%v", err)
	}
}

func fail(format string, args ...interface{}) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}
