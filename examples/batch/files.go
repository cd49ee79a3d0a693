package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
)

// A line of a file.
type line struct {
	at      int64  // the byte at which it begins, from 0
	text    []byte // with its line feed, if it has one
	tooLong bool   // then it has no text
}

// lines gives the lines of a file that begin at a byte from start on, and before end, so that
// each line is one of exactly one block. Blank ones are passed over. The text of a line is
// overwritten by the next one. No more than longest bytes of a line are held.
func lines(file io.Reader, start, end int64, longest int) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		at := max(start-1, 0) // the byte before start tells whether a line begins there
		if err := skip(file, at); err != nil {
			yield(line{}, err)
			return
		}
		in := bufio.NewReaderSize(file, 1<<16)
		var l line
		for at < end {
			l = line{at: at, text: l.text[:0]}
			n, err := l.read(in, longest)
			at += n
			if err == io.EOF {
				end = at
			} else if err != nil {
				yield(line{}, err)
				return
			}
			blank := !l.tooLong && len(bytes.TrimSpace(l.text)) == 0
			if l.at >= start && !blank && !yield(l, nil) {
				return
			}
		}
	}
}

// read reads the text of a line, and gives how many bytes it has in the file.
func (l *line) read(in *bufio.Reader, longest int) (n int64, err error) {
	for {
		piece, err := in.ReadSlice('\n')
		n += int64(len(piece))
		if len(l.text)+len(bytes.TrimSuffix(piece, []byte{'\n'})) > longest {
			l.tooLong = true
		}
		if !l.tooLong {
			l.text = append(l.text, piece...)
		}
		if err != bufio.ErrBufferFull {
			return n, err
		}
	}
}

// skip passes over the first bytes of a file. What cannot seek, such as a file of an object
// store, is read up to there.
func skip(file io.Reader, bytes int64) error {
	if s, ok := file.(io.Seeker); ok {
		_, err := s.Seek(bytes, io.SeekStart)
		return err
	}
	_, err := io.CopyN(io.Discard, file, bytes)
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// An outputFile is there under its name once it is finished, or not at all.
type outputFile struct {
	*bufio.Writer
	fs         filesystem.Interface
	file       io.WriteCloser
	temp, name string
}

func create(ctx context.Context, name string) (*outputFile, error) {
	fs, err := filesystem.New(ctx, name)
	if err != nil {
		return nil, err
	}
	temp := fmt.Sprintf("%s.%016x.part", name, rand.Uint64()) // two workers may do the same block
	file, err := fs.OpenWrite(ctx, temp)
	if err != nil {
		fs.Close()
		return nil, err
	}
	return &outputFile{bufio.NewWriterSize(file, 1<<20), fs, file, temp, name}, nil
}

// finish closes the file, and gives it its name if all of it was written.
func (f *outputFile) finish(ctx context.Context, written bool) error {
	defer f.fs.Close()
	err := f.Flush()
	if e := f.file.Close(); err == nil {
		err = e
	}
	if written && err == nil {
		return filesystem.Rename(ctx, f.fs, f.temp, f.name)
	}
	if r, ok := f.fs.(filesystem.Remover); ok {
		r.Remove(ctx, f.temp)
	}
	return err
}
