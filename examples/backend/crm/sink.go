package crm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// FileSink appends events to a file, one a line. The file itself says which it has, so there
// is nothing to keep in step with it.
type FileSink struct {
	mu   sync.Mutex
	file *os.File
	last int64 // number
	size int64 // of whole lines
}

// OpenFileSink opens a file, or makes it. A line that was cut short by a crash is taken off.
// The file is for one process.
func OpenFileSink(name string) (*FileSink, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	s := &FileSink{file: file}
	if err := s.read(name); err != nil {
		file.Close()
		return nil, err
	}
	return s, nil
}

func (s *FileSink) read(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	data = data[:bytes.LastIndexByte(data, '\n')+1]
	s.size = int64(len(data))
	if len(data) > 0 {
		var e Event
		line := data[bytes.LastIndexByte(data[:len(data)-1], '\n')+1:]
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("%s: the last line is no event: %w", name, err)
		}
		s.last = e.Number
	}
	return s.file.Truncate(s.size)
}

// Close closes the file.
func (s *FileSink) Close() error { return s.file.Close() }

// Last gives the number of the last event in the file.
func (s *FileSink) Last(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last, nil
}

// Deliver appends events to the file.
func (s *FileSink) Deliver(_ context.Context, events []Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []byte
	last := s.last
	for _, e := range events {
		if e.Number <= last {
			continue
		}
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
		last = e.Number
	}
	_, err := s.file.WriteAt(lines, s.size)
	if err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		s.file.Truncate(s.size) // so that the next attempt does not follow half a line
		return err
	}
	s.size, s.last = s.size+int64(len(lines)), last
	return nil
}
